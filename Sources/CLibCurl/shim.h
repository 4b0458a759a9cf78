#ifndef VOICERA_CURL_SHIM_H
#define VOICERA_CURL_SHIM_H

#include <curl/curl.h>
#include <locale.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* curl_easy_setopt, curl_multi_setopt and curl_easy_getinfo are variadic, which Swift does not import and which would take
   an int where the library reads a long. One function for each kind of argument: https://curl.se/libcurl/c/curl_easy_setopt.html */

typedef size_t (*voicera_bytes_function)(char *bytes, size_t size, size_t count, void *context);
typedef curl_socket_t (*voicera_open_socket_function)(void *context, curlsocktype purpose, struct curl_sockaddr *address);
typedef int (*voicera_before_request_function)(void *context, char *remote, char *local, int remote_port, int local_port);
typedef CURLcode (*voicera_tls_function)(CURL *easy, void *tls, void *context);
typedef int (*voicera_socket_function)(CURL *easy, curl_socket_t socket, int what, void *context, void *known);
typedef int (*voicera_timer_function)(CURLM *multi, long milliseconds, void *context);

static inline CURLcode voicera_easy_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode voicera_easy_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode voicera_easy_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode voicera_easy_set_bytes(CURL *easy, CURLoption option, const void *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode voicera_easy_set_context(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode voicera_easy_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode voicera_easy_set_bytes_function(CURL *easy, CURLoption option, voicera_bytes_function value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode voicera_easy_set_open_socket(CURL *easy, voicera_open_socket_function value) {
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, value);
}
static inline CURLcode voicera_easy_set_before_request(CURL *easy, voicera_before_request_function value) {
    return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, value);
}

static inline CURLcode voicera_easy_set_tls_function(CURL *easy, voicera_tls_function value) {
    return curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, value);
}

static inline CURLcode voicera_easy_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode voicera_easy_get_offset(CURL *easy, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode voicera_easy_get_context(CURL *easy, void **value) {
    return curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)value);
}
static inline CURLcode voicera_easy_get_certificates(CURL *easy, struct curl_certinfo **value) {
    return curl_easy_getinfo(easy, CURLINFO_CERTINFO, value);
}

static inline CURLMcode voicera_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode voicera_multi_set_context(CURLM *multi, CURLMoption option, void *value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode voicera_multi_set_socket_function(CURLM *multi, voicera_socket_function value) {
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, value);
}
static inline CURLMcode voicera_multi_set_timer_function(CURLM *multi, voicera_timer_function value) {
    return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, value);
}

/* Of OpenSSL, whose headers nobody here needs for this one. */
extern const char *SSL_get_version(const void *tls);

/* What the transfer's connection speaks, a text that is never freed; null when it is not TLS, or of another library than OpenSSL. Valid while the
   transfer has its connection: https://curl.se/libcurl/c/CURLINFO_TLS_SSL_PTR.html */
static inline const char *voicera_easy_tls_version(CURL *easy) {
    struct curl_tlssessioninfo *session = NULL;
    if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || !session) return NULL;
    return session->backend == CURLSSLBACKEND_OPENSSL && session->internals ? SSL_get_version(session->internals) : NULL;
}

/* CURLMsg holds its result in a union; null when there is no finished transfer left. */
static inline CURL *voicera_multi_next_finished(CURLM *multi, CURLcode *result) {
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left))) {
        if (message->msg == CURLMSG_DONE) {
            *result = message->data.result;
            return message->easy_handle;
        }
    }
    return NULL;
}

/* The macro behind it casts -1, which Swift does not import. */
static inline curl_socket_t voicera_bad_socket(void) { return CURL_SOCKET_BAD; }

/* libidn2 reads the host in the locale's encoding, and a server runs in "C": the thread borrows UTF-8 for this one call,
   because setlocale would change the whole process under other threads. */
static inline CURLUcode voicera_url_ascii_host(CURLU *url, char **host) {
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!utf8) return CURLUE_LACKS_IDN;
    locale_t previous = uselocale(utf8);
    CURLUcode code = curl_url_get(url, CURLUPART_HOST, host, CURLU_PUNYCODE);
    uselocale(previous);
    freelocale(utf8);
    return code;
}

/* epoll_event is a packed union in C; the loop needs only the descriptor. */
static inline int voicera_epoll_control(int epoll, int operation, int descriptor, uint32_t events) {
    struct epoll_event event = {.events = events, .data = {.fd = descriptor}};
    return epoll_ctl(epoll, operation, descriptor, &event);
}
static inline int voicera_event_descriptor(const struct epoll_event *event) { return event->data.fd; }
static inline uint32_t voicera_event_bits(const struct epoll_event *event) { return event->events; }

/* An anonymous file that curl can open by its path under /proc, gone with the process. */
static inline int voicera_anonymous_file(const char *name) { return (int)syscall(SYS_memfd_create, name, 1u /* close on exec */); }

/* Fifteen bytes at most; pthread_setname_np is a GNU extension, and asking for those changes types that Swift's Glibc has imported without them. */
static inline void voicera_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

/* An enumerator and a macro of the same name, of which Swift imports neither. */
static inline const char *voicera_system_roots(void) { return curl_version_info(CURLVERSION_NOW)->cainfo; }

#endif
