#pragma once
#include <libpq-fe.h>

/// The `PG_DIAG_*` field codes are character macros, which Swift does not import.
/// https://www.postgresql.org/docs/15/libpq-exec.html#LIBPQ-PQRESULTERRORFIELD
enum {
    voicera_pq_field_severity = PG_DIAG_SEVERITY_NONLOCALIZED,
    voicera_pq_field_sqlstate = PG_DIAG_SQLSTATE,
    voicera_pq_field_message = PG_DIAG_MESSAGE_PRIMARY,
    voicera_pq_field_column = PG_DIAG_COLUMN_NAME,
    voicera_pq_field_constraint = PG_DIAG_CONSTRAINT_NAME,
};

/// Without a hook, OpenSSL asks for the pass phrase of an encrypted client key on the terminal, and a server would hang there.
/// libpq's own hook answers with `sslpassword`, or with nothing.
static inline void voicera_pq_never_prompt(void) {
    PQsetSSLKeyPassHook_OpenSSL(PQdefaultSSLKeyPassHook_OpenSSL);
}
