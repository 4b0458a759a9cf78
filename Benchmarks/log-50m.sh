#!/usr/bin/env bash
# How the log answers with many million rows in it: plans and times of its filters, and what its indexes cost a row that is written.
#
#   Benchmarks/log-50m.sh                 fills, asks, measures, prints and removes everything again
#   Benchmarks/log-50m.sh fill FOLDER     keeps the servers' data in FOLDER, for several looks
#   Benchmarks/log-50m.sh ask FOLDER
#   Benchmarks/log-50m.sh cost FOLDER
#
# VOICERA_BIN: the program, .build-rel/release/voicera. ROWS: 50000000, over 30 days. About 500 bytes of disk a row; an hour on two cores.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=${VOICERA_BIN:-$root/.build-rel/release/voicera}
rows=${ROWS:-50000000}
days=30
step=${1:-all}
folder=${2:-$(mktemp -d /tmp/voicera-log.XXXXXX)}
programs=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
as_server=()
if ((EUID == 0)); then as_server=(setpriv --reuid=postgres --regid=postgres --clear-groups --); fi
sql() { PGOPTIONS="-c client_min_messages=warning" "$programs/psql" -X -q -v ON_ERROR_STOP=1 -h "$folder" -U voicera -d "${database:-voicera}" "$@"; }
say() { printf '\n## %s\n' "$*"; }

export DATABASE_URL="postgres://voicera@/voicera?host=$folder" REDIS_URL="unix://$folder/redis.sock"
VOICERA_SECRET_KEY=$(head -c 32 /dev/urandom | base64)
export VOICERA_SECRET_KEY VOICERA_LOG_LEVEL=error

# start [SETTING…]: the server, as `voicera up` starts it, and what is said beyond.
start() {
    local settings=(-c listen_addresses= -c "unix_socket_directories=$folder" -c shared_buffers=256MB -c max_wal_size=4GB)
    for setting in "$@"; do settings+=(-c "$setting"); done
    "${as_server[@]}" nice "$programs/postgres" -D "$folder/data" "${settings[@]}" >"$folder/server.log" 2>&1 &
    server=$!
    until "$programs/pg_isready" -q -h "$folder" -U voicera -d postgres; do sleep 0.2; done
}
stop() { [[ -z ${server:-} ]] || { kill -INT "$server" && wait "$server" || true; server=; }; }
finish() {
    [[ -z ${api:-} ]] || kill "$api" || true
    [[ -z ${redis:-} ]] || kill "$redis" || true
    stop
    [[ $step != all ]] || rm -rf "$folder"
}
trap finish EXIT

# Six workspaces: most rows are one's, the last has one in a hundred. Of a hundred rows ten are attempts, and three requests were refused or failed.
fill() {
    mkdir -p "$folder"
    if ((EUID == 0)); then chown postgres "$folder" && chmod 755 "$folder"; fi
    "${as_server[@]}" "$programs/initdb" -D "$folder/data" -U voicera --auth=trust --encoding=UTF8 --locale=C --no-instructions >/dev/null
    start fsync=off wal_level=minimal max_wal_senders=0 maintenance_work_mem=512MB max_parallel_maintenance_workers=0 autovacuum=off
    database=postgres sql -c 'CREATE DATABASE voicera'
    "$bin" migrate >/dev/null
    : >"$folder/keys"
    for name in heavy second third fourth fifth rare; do "$bin" keys create --new-workspace "$name" >>"$folder/keys"; done
    sql -At -c "SELECT indexdef FROM pg_indexes WHERE tablename = 'integration_log'" >"$folder/indexes.sql"
    sql -c "DO \$\$ DECLARE i text; BEGIN FOR i IN SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'integration_log'::regclass LOOP EXECUTE 'DROP INDEX ' || i; END LOOP; END \$\$"
    say "Filling: $rows rows"
    local day per=$((rows / days))
    for ((day = days - 1; day >= 0; day--)); do
        sql -v day="$day" -v per="$per" -v first="$(((days - 1 - day) * per))" <<'SQL'
SELECT 'integration_log_' || to_char(d, 'YYYYMMDD') AS name, to_char(d, 'YYYY-MM-DD 00:00:00+00') AS from, to_char(d + 1, 'YYYY-MM-DD 00:00:00+00') AS to
FROM (SELECT (now() AT TIME ZONE 'utc')::date - :day AS d) t \gset
BEGIN;
DROP TABLE IF EXISTS :name;
CREATE TABLE :name PARTITION OF integration_log FOR VALUES FROM (:'from') TO (:'to');
INSERT INTO integration_log (at, workspace_id, type, job_id, kind, lane, attempt, outcome, status, error_class, duration_us, method, route, path,
    principal, address, request_id, trace_id)
SELECT :'from'::timestamptz + i * (86400000000 / :per) * interval '1 microsecond', w.id, CASE WHEN a THEN 'attempt' ELSE 'request' END,
    CASE WHEN a THEN gen_random_uuid() END, CASE WHEN a THEN 'webhook.deliver' END, CASE WHEN a THEN 'whk_' || i % 1000 END, CASE WHEN a THEN 1 END,
    CASE WHEN a THEN CASE WHEN s >= 400 THEN 'retried' ELSE 'succeeded' END WHEN s >= 500 THEN 'failed' WHEN s >= 400 THEN 'refused' ELSE 'answered' END,
    s, CASE WHEN s >= 400 THEN 'error_' || s END, 200 + i % 5000 + CASE WHEN i % 100000 = 0 THEN 2000000 ELSE 0 END,
    CASE WHEN NOT a THEN m END, CASE WHEN NOT a THEN r END, CASE WHEN NOT a THEN replace(r, '{id}', 'job_' || lpad((:first + i)::text, 26, '0')) END,
    CASE WHEN NOT a THEN 'key_' || lpad((CASE WHEN (:first + i) % 5000000 = 77 THEN 999 ELSE i % 20 END)::text, 26, '0') END,
    CASE WHEN NOT a THEN '10.0.0.0'::inet + (i * 7919) % 4096 END, CASE WHEN NOT a THEN 'req_' || lpad((:first + i)::text, 26, '0') END,
    CASE WHEN NOT a THEN gen_random_uuid() END
FROM generate_series(0::int8, :per - 1) i
CROSS JOIN LATERAL (SELECT i % 10 = 3 AS a, CASE WHEN i % 1000 = 1 THEN 503 WHEN i % 40 = 7 THEN 404 WHEN i % 3 = 0 THEN 202 ELSE 200 END AS s,
    CASE WHEN i % 3 = 0 THEN 'POST' ELSE 'GET' END AS m, (ARRAY['/api/jobs', '/api/jobs/{id}', '/api/events'])[i % 3 + 1] AS r,
    CASE WHEN (i * 7907) % 100 < 60 THEN 'heavy' WHEN (i * 7907) % 100 < 80 THEN 'second' WHEN (i * 7907) % 100 < 90 THEN 'third'
        WHEN (i * 7907) % 100 < 95 THEN 'fourth' WHEN (i * 7907) % 100 < 99 THEN 'fifth' ELSE 'rare' END AS n) x
JOIN workspaces w ON w.name = x.n;
COMMIT;
SQL
        printf '%s ' "$day"
    done
    printf '\nindexes\n'
    while read -r index; do sql -c "${index/ ON ONLY / ON }"; done <"$folder/indexes.sql"
    sql -c 'VACUUM ANALYZE integration_log' -c 'CHECKPOINT'
    stop
}

# What a page takes at the client, twice: right after the start of the server, and again. The plans are the server's own account of the same requests.
ask() {
    start shared_preload_libraries=auto_explain auto_explain.log_min_duration=20 auto_explain.log_analyze=on auto_explain.log_buffers=on \
        auto_explain.log_timing=off autovacuum=off
    redis-server --port 0 --unixsocket "$folder/redis.sock" --save '' --dir "$folder" >/dev/null &
    redis=$!
    "$bin" api --listen 127.0.0.1:7491 >"$folder/api.log" 2>&1 &
    api=$!
    until curl -sf 127.0.0.1:7491/api/health/ready >/dev/null; do sleep 0.2; done
    say "Size"
    sql -At -F ' ' -c "SELECT count(*) || ' rows', pg_size_pretty(sum(pg_table_size(inhrelid))) || ' of rows', pg_size_pretty(sum(pg_indexes_size(inhrelid))) || ' of indexes' FROM pg_inherits, LATERAL (SELECT reltuples FROM pg_class WHERE oid = inhrelid) c WHERE inhparent = 'integration_log'::regclass" | sed 's/^/partitions: /'
    sql -At -c "SELECT sum(reltuples)::int8 || ' rows' FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = 'integration_log'::regclass"
    sql -At -F ' ' -c "SELECT regexp_replace(x.relname, '_[0-9]{8}.*?_', '…'), pg_size_pretty(sum(pg_relation_size(x.oid))) FROM pg_inherits JOIN pg_index ON indrelid = inhrelid JOIN pg_class x ON x.oid = indexrelid WHERE inhparent = 'integration_log'::regclass GROUP BY 1 ORDER BY sum(pg_relation_size(x.oid)) DESC"
    say "Pages (workspace, query: rows, whether there is more, seconds of the first and of the second request)"
    local known middle trace
    known=$(sql -At -c "SELECT request_id FROM integration_log l JOIN workspaces w ON w.id = workspace_id WHERE w.name = 'heavy' AND type = 'request' AND at > now() - interval '20 days' LIMIT 1")
    trace=$(sql -At -c "SELECT replace(trace_id::text, '-', '') FROM integration_log l JOIN workspaces w ON w.id = workspace_id WHERE w.name = 'heavy' AND type = 'request' AND at > now() - interval '10 days' LIMIT 1")
    middle=$(date -u -d '-15 days' +%Y-%m-%dT12:00:00Z)
    for name in heavy rare; do
        for query in '' type=attempt status=5xx status=404 errorClass=error_503 errorClass=nothing outcome=failed "until=$middle" "until=$middle&status=5xx" \
            "until=$middle&type=attempt&outcome=retried" method=DELETE principal=key_00000000000000000000000999 address=10.0.15.255 address=192.0.2.0/24 \
            durationAbove=2000000 "requestId=$known" "traceId=$trace" requestId=none 'route=/api/nothing' 'type=attempt&kind=none'; do
            page "$name" "$query"
        done
    done
    say "Plans of what took longest"
    plans
}

page() {
    local name=$1 query=$2 key first second
    key=$(grep -A 2 -n '' "$folder/keys" | sed -n 's/^[0-9]*[:-]key *//p' | sed -n "$(case $name in heavy) echo 1 ;; *) echo 6 ;; esac)p")
    first=$(curl -s -o "$folder/page" -w '%{time_total}' -H "X-API-Key: $key" "127.0.0.1:7491/api/logs?$query")
    second=$(curl -s -o "$folder/page" -w '%{time_total}' -H "X-API-Key: $key" "127.0.0.1:7491/api/logs?$query")
    printf '%-6s %-62s %4s %-5s %s %s\n' "$name" "${query:-all}" "$(grep -o '"id":"log_' "$folder/page" | wc -l)" \
        "$(grep -q '"nextCursor":null' "$folder/page" && echo end || echo more)" "$first" "$second"
}

# One partition of each walk is shown; the others read alike.
plans() { python3 - "$folder/server.log" <<'PY'
import re, sys
found = []
for entry in re.split(r"\n(?=\d{4}-\d\d-\d\d )", open(sys.argv[1]).read()):
    took = re.search(r"duration: ([0-9.]+) ms  plan:", entry)
    if took and "integration_log" in entry and "row_number" in entry: found.append((float(took.group(1)), entry))
for took, entry in sorted(found, reverse=True)[:3]:
    lines = [line[1:] for line in entry.split("\n") if line.startswith("\t")]
    start = next((i for i, line in enumerate(lines) if line.startswith("Limit ")), 0)
    print(f"\n{took:.0f} ms")
    skipping, seen = False, 0
    for line in lines[start:]:
        if "integration_log_2" in line and "Scan" in line:
            seen += 1
            skipping = seen > 1
            if seen == 2: print(" " * (len(line) - len(line.lstrip())) + "… and so on for each day")
        elif not re.match(r" +(Index Cond|Buffers|Filter|Rows Removed|Recheck|Heap)", line):
            skipping, seen = False, 0 if "Append" in line else seen
        if not skipping: print(line[:220])
PY
}

# Batches of a thousand, as the writer sends them, into a copy of a day. One connection, no wait for the disk: the time is the server's work.
cost() {
    [[ -n ${server:-} ]] || start autovacuum=off
    say "Microseconds of the server a row that is written"
    sql <<'SQL'
SELECT 'integration_log_' || to_char((now() AT TIME ZONE 'utc')::date - 3, 'YYYYMMDD') AS day \gset
DROP TABLE IF EXISTS cost;
CREATE TABLE cost (LIKE integration_log INCLUDING DEFAULTS);
INSERT INTO cost SELECT * FROM :day;
SET synchronous_commit = off;
CREATE OR REPLACE FUNCTION measure(what text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE began timestamptz; best float8 := 1e9; took float8; batches int := 60;
BEGIN
    FOR round IN 1..3 LOOP
        began := clock_timestamp();
        FOR b IN 1..batches LOOP
            INSERT INTO cost (id, at, workspace_id, type, outcome, status, duration_us, method, route, path, principal, address, request_id, trace_id)
            SELECT 1000000000 + b * 1000 + i, now(), (ARRAY(SELECT id FROM workspaces ORDER BY id))[1 + i % 2], 'request', 'answered', 202, 1000 + i, 'POST',
                '/api/jobs', '/api/jobs', 'key_' || lpad((i % 20)::text, 26, '0'), '10.0.0.1'::inet, 'req_z' || to_char(clock_timestamp(), 'YYYYMMDDHH24MISSUS') || i,
                gen_random_uuid()
            FROM generate_series(1, 1000) i;
        END LOOP;
        took := extract(epoch FROM clock_timestamp() - began) * 1e6 / (batches * 1000);
        best := least(best, took);
    END LOOP;
    RETURN rpad(what, 44) || round(best::numeric, 2);
END $$;
\pset tuples_only on
\pset format unaligned
SELECT measure('no index');
CREATE INDEX ON cost (workspace_id, at, id) WHERE type = 'request';
SELECT measure('+ time of requests');
CREATE INDEX ON cost (workspace_id, at, id) WHERE type <> 'request';
CREATE INDEX ON cost (job_id, id) WHERE job_id IS NOT NULL;
CREATE INDEX ON cost (workspace_id, at, id) WHERE error_class IS NOT NULL OR status >= 400;
SELECT measure('+ three that a good request is not in');
CREATE INDEX ON cost (workspace_id, request_id, at) WHERE request_id IS NOT NULL;
SELECT measure('+ request id');
CREATE INDEX ON cost (workspace_id, trace_id, at) WHERE trace_id IS NOT NULL;
SELECT measure('+ trace');
DROP TABLE cost;
DROP FUNCTION measure;
SQL
}

case $step in
fill) fill ;;
ask) ask ;;
cost) cost ;;
all) fill && ask && cost ;;
*) echo "fill, ask or cost" >&2 && exit 2 ;;
esac
