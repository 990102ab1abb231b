// The writer's statements, by name. Each is prepared once, when first used.

#ifndef STORE_SQLITE_SQL_H
#define STORE_SQLITE_SQL_H

// X(NAME, text)
#define STATEMENTS(X)                                                                        \
    X(BEGIN_WRITE, "BEGIN IMMEDIATE")                                                        \
    X(BEGIN_READ, "BEGIN")                                                                   \
    X(COMMIT, "COMMIT")                                                                      \
    X(ROLLBACK, "ROLLBACK")                                                                  \
    X(SAVE, "SAVEPOINT op")                                                                  \
    X(UNSAVE, "ROLLBACK TO op")                                                              \
    X(RELEASE, "RELEASE op")                                                                 \
    X(SETTING_GET, "SELECT value FROM setting WHERE name = ?1")                              \
    X(SETTING_SET, "INSERT OR REPLACE INTO setting(name, value) VALUES (?1, ?2)")            \
    /* accept */                                                                             \
    X(EVENT_ADD, "INSERT OR IGNORE INTO event(id, app, type, mode, created, fan, span_at,"   \
                 " span_len, uid, body, original, trigger, order_key)"                       \
                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)")         \
    X(DELIVERY_ADD, "INSERT INTO delivery(event, n, webhook, state, due, wait_ms, seq,"      \
                    " spared) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")                      \
    X(WEBHOOK_SEQUENCE, "UPDATE webhook SET sequence = ?2 WHERE id = ?1")                    \
    X(TURN_ADD, "INSERT OR IGNORE INTO turn(webhook, order_key, seq, event, n)"              \
                " VALUES (?1, ?2, ?3, ?4, ?5)")                                              \
    X(TURN_FIRST, "SELECT seq, event, n FROM turn WHERE webhook = ?1 AND order_key = ?2"     \
                  " ORDER BY seq LIMIT 1")                                                   \
    X(TURN_DROP, "DELETE FROM turn WHERE webhook = ?1 AND order_key = ?2 AND seq = ?3")      \
    X(TURN_FREE, "UPDATE delivery SET state = 1, due = max(?3, min(due, ?3 + wait_ms))"      \
                 " WHERE event = ?1 AND n = ?2 AND state = 2")                               \
    X(EVENT_ORDER_KEY, "SELECT order_key FROM event WHERE id = ?1")                          \
    X(LOG_ADD, "INSERT INTO idem_log(id, app, kind, key, body, event, at)"                   \
               " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")                                       \
    X(APP_USED, "UPDATE app SET used = 1 WHERE id = ?1")                                     \
    /* runs of idempotency keys */                                                           \
    X(RUN_FIND, "SELECT body, event FROM idem_run"                                           \
                " WHERE run = ?1 AND key = ?2 AND app = ?3 AND kind = ?4")                   \
    X(RUN_ROW_ADD, "INSERT INTO idem_run(run, key, app, kind, body, event)"                  \
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6)")                                       \
    X(RUN_ADD, "INSERT INTO run(kind, run, first, last, rows, bloom, at)"                    \
               " VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)")                                        \
    X(RUN_ALL, "SELECT run, last, bloom, at FROM run WHERE kind = 1 ORDER BY run")           \
    X(RUN_CLEAN, "DELETE FROM idem_run WHERE run > ?1")                                      \
    X(RUN_DROP_ROWS, "DELETE FROM idem_run WHERE (run, key, app, kind) IN (SELECT run, key," \
                     " app, kind FROM idem_run WHERE run = ?1 LIMIT 500)")                   \
    X(RUN_DROP_LOG, "DELETE FROM idem_log WHERE id IN"                                       \
                    " (SELECT id FROM idem_log WHERE id <= ?1 LIMIT 500)")                   \
    X(RUN_DROP, "DELETE FROM run WHERE kind = 1 AND run = ?1")                               \
    X(LOG_TAIL, "SELECT id, app, kind, key, body, event, at FROM idem_log"                   \
                " WHERE id > ?1 ORDER BY id")                                                \
    X(LOG_LAST, "SELECT coalesce(max(id), 0) FROM idem_log")                                 \
    /* settle, retry, cancel */                                                              \
    X(DELIVERY_GET, "SELECT webhook, state, due, wait_ms, step, number, asked, served,"      \
                    " crashes, last_attempt, status, error, ended, spared, old_state,"       \
                    " old_due, by_person, seq, replayed FROM delivery"                       \
                    " WHERE event = ?1 AND n = ?2")                                          \
    X(DELIVERY_SET, "UPDATE delivery SET state = ?3, due = ?4, wait_ms = ?5, step = ?6,"     \
                    " number = ?7, asked = ?8, served = ?9, crashes = ?10,"                  \
                    " last_attempt = ?11, status = ?12, error = ?13, ended = ?14,"           \
                    " spared = ?15, old_state = ?16, old_due = ?17, by_person = ?18,"        \
                    " replayed = ?19 WHERE event = ?1 AND n = ?2")                           \
    X(DELIVERED_FIRST, "UPDATE delivery SET state = 3, step = ?3, number = 1,"               \
                       " last_attempt = ?4, status = ?5, ended = ?6, crashes = 0"            \
                       " WHERE event = ?1 AND n = ?2 AND number = 0 AND state = 0"           \
                       " AND seq = 0")                                                       \
    X(ATTEMPT_ADD, "INSERT INTO attempt(id, event, n, number, prev, trigger, started, ms,"   \
                   " status, error, version, detail, effect)"                                \
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)")       \
    X(DELIVERY_PARK, "UPDATE delivery SET state = 1 WHERE event = ?1 AND n = ?2"             \
                     " AND state = 0")                                                       \
    X(EVENT_APP, "SELECT app FROM event WHERE id = ?1")                                      \
    /* claim, resume */                                                                      \
    X(CLAIM, "SELECT event, n, due, wait_ms, step, number, crashes, asked, served, spared,"  \
             " replayed FROM delivery WHERE webhook = ?1 AND state = 1"                      \
             " AND (due, event, n) > (?2, ?3, ?4) ORDER BY due, event, n")                   \
    X(CLAIM_NEWEST, "SELECT event, n, due, wait_ms, step, number, crashes, asked, served,"   \
                    " spared, replayed FROM delivery WHERE webhook = ?1 AND state = 1"       \
                    " AND due <= ?2 ORDER BY due DESC, event DESC, n DESC")                  \
    X(EVENT_GET, "SELECT app, type, mode, created, span_at, span_len, uid, body, original,"  \
                 " trigger, fan FROM event WHERE id = ?1")                                   \
    X(FRESH, "SELECT event, n, due, wait_ms, step, number, crashes, asked, served, spared,"  \
             " replayed, webhook FROM delivery WHERE state = 0 AND (event, n) > (?1, ?2)"    \
             " ORDER BY event, n")                                                           \
    X(LANE_NEXT, "SELECT webhook, due FROM delivery WHERE state = 1 AND webhook > ?1"        \
                 " ORDER BY webhook, due LIMIT 1")                                           \
    X(EVENT_LAST, "SELECT coalesce(max(id), 0) FROM event")                                  \
    X(ATTEMPT_LAST, "SELECT coalesce(max(id), 0) FROM attempt")                              \
    /* configuration */                                                                      \
    X(APP_ALL, "SELECT id, version, used FROM app")                                          \
    X(WEBHOOK_ALL, "SELECT id, app, state, version, cancel_before, swept, sequence,"         \
                   " failing_since FROM webhook")                                            \
    X(APP_ADD,                                                                               \
      "INSERT OR IGNORE INTO app(id, uid, name, profile, alert_email, version, created,"     \
      " strict, types) VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7, ?8)")                          \
    X(APP_SET, "UPDATE app SET uid = ?2, name = ?3, profile = ?4, alert_email = ?5,"         \
               " version = ?6, strict = ?7, types = coalesce(?8, types) WHERE id = ?1")      \
    X(APP_PROFILE, "SELECT profile, created FROM app WHERE id = ?1")                         \
    X(APP_UID, "SELECT id FROM app WHERE uid = ?1 AND id <> ?2")                             \
    X(APP_BUMP, "UPDATE app SET version = version + 1 WHERE id = ?1")                        \
    X(APP_ERASE, "UPDATE app SET version = -1, uid = NULL WHERE id = ?1")                    \
    X(APP_DROP, "DELETE FROM app WHERE id = ?1")                                             \
    X(KEY_ADD, "INSERT OR IGNORE INTO api_key(id, app, lookup, hash, scopes, mode, name,"    \
               " hint, created, expires, revoked, last_used, rate, burst)"                   \
               " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, 0, ?11, ?12)")          \
    X(KEY_COUNT, "SELECT count(*) FROM api_key WHERE app = ?1 AND revoked = 0")              \
    X(KEY_REVOKE, "UPDATE api_key SET revoked = ?3 WHERE id = ?1 AND app = ?2"               \
                  " AND revoked = 0")                                                        \
    X(KEY_OTHERS, "SELECT 1 FROM api_key WHERE app = ?1 AND id <> ?2 AND revoked = 0"        \
                  " AND expires = 0 LIMIT 1")                                                \
    X(KEY_USED, "UPDATE api_key SET last_used = ?2 WHERE id = ?1 AND last_used <= ?3")       \
    X(KEY_REVOKE_ALL, "UPDATE api_key SET revoked = ?2 WHERE app = ?1 AND revoked = 0")      \
    X(KEY_WINDOW, "SELECT window_until, window_count FROM api_key WHERE id = ?1")            \
    X(KEY_WINDOW_SET, "UPDATE api_key SET window_until = ?2, window_count = ?3"              \
                      " WHERE id = ?1")                                                      \
    X(LINK_ADD, "INSERT OR IGNORE INTO portal_link(id, app, hash, scopes, created, expires)" \
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6)")                                          \
    X(LINK_COUNT, "SELECT count(*) FROM portal_link WHERE app = ?1 AND expires > ?2")        \
    X(LINK_GET, "SELECT id, app, scopes FROM portal_link WHERE hash = ?1 AND expires > ?2")  \
    X(LINK_DROP, "DELETE FROM portal_link WHERE id = ?1")                                    \
    X(LINK_DROP_APP, "DELETE FROM portal_link WHERE app = ?1")                               \
    X(LINK_PRUNE, "DELETE FROM portal_link WHERE id IN"                                      \
                  " (SELECT id FROM portal_link WHERE expires <= ?1 LIMIT 500)")             \
    X(SESSION_ADD, "INSERT OR IGNORE INTO session(id, app, hash, scopes, address, created,"  \
                   " seen, ends) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7)")                   \
    X(SESSION_COUNT, "SELECT count(*) FROM session WHERE app = ?1 AND ends > ?2"             \
                     " AND seen > ?3")                                                       \
    X(SESSION_USED, "UPDATE session SET seen = ?2 WHERE id = ?1 AND seen <= ?3")             \
    X(SESSION_DROP, "DELETE FROM session WHERE id = ?1 AND app = ?2")                        \
    X(SESSION_DROP_APP, "DELETE FROM session WHERE app = ?1")                                \
    X(SESSION_PRUNE, "DELETE FROM session WHERE id IN"                                       \
                     " (SELECT id FROM session WHERE ends <= ?1 LIMIT 500)")                 \
    X(APP_NAMES, "SELECT uid, name, profile FROM app WHERE id = ?1")                         \
    X(WEBHOOK_COUNT, "SELECT count(*) FROM webhook WHERE app = ?1 AND state <> 2")           \
    X(WEBHOOK_GET, "SELECT url = ?3, version, failing_since, cancel_before, created"         \
                   " FROM webhook WHERE id = ?1 AND app = ?2 AND state <> 2")                \
    X(WEBHOOK_ADD,                                                                           \
      "INSERT OR IGNORE INTO webhook(id, app, name, url, state, reason, mode, version,"      \
      " settings, created, updated)"                                                         \
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8, ?9, ?10)")                                \
    X(WEBHOOK_SET, "UPDATE webhook SET name = ?3, url = ?4, state = ?5, reason = ?6,"        \
                   " mode = ?7, version = ?8, failing_since = ?9, cancel_before = ?10,"      \
                   " settings = ?11, updated = ?12 WHERE id = ?1 AND app = ?2")              \
    X(WEBHOOK_END, "UPDATE webhook SET state = ?2, reason = ?3, version = version + 1,"      \
                   " cancel_before = ?4, updated = ?5 WHERE id = ?1")                        \
    X(WEBHOOK_FAILING, "UPDATE webhook SET failing_since = ?2 WHERE id = ?1")                \
    X(WEBHOOK_SWEPT, "UPDATE webhook SET swept = ?2 WHERE id = ?1")                          \
    X(WEBHOOKS_OF,                                                                           \
      "SELECT id FROM webhook WHERE app = ?1 AND id > ?2 ORDER BY id LIMIT 500")             \
    X(WEBHOOK_DROP, "DELETE FROM webhook WHERE id = ?1")                                     \
    X(CHOICE_ADD, "INSERT OR IGNORE INTO choice(app, type, webhook, exclusive)"              \
                  " VALUES (?1, ?2, ?3, 1)")                                                 \
    X(CHOICE_DROP, "DELETE FROM choice WHERE app = ?1 AND webhook = ?2")                     \
    X(SECRET_LAST, "SELECT coalesce(max(version), 0) FROM secret"                            \
                   " WHERE webhook = ?1 AND kind = ?2")                                      \
    X(SECRET_END, "UPDATE secret SET until = ?3 WHERE webhook = ?1 AND kind = ?2"            \
                  " AND until = 0")                                                          \
    X(SECRET_DROP_ENDED, "DELETE FROM secret WHERE webhook = ?1 AND kind = ?2"               \
                         " AND until <> 0")                                                  \
    X(SECRET_DROP_KIND, "DELETE FROM secret WHERE webhook = ?1 AND kind = ?2")               \
    X(SECRET_DROP_ALL, "DELETE FROM secret WHERE webhook = ?1")                              \
    X(SECRET_ADD,                                                                            \
      "INSERT OR IGNORE INTO secret(id, webhook, app, kind, version, sealed, since, until)"  \
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")                                            \
    X(REPLY_GET, "SELECT body, status, sealed FROM reply"                                    \
                 " WHERE app = ?1 AND kind = ?2 AND key = ?3")                               \
    X(REPLY_ADD, "INSERT OR REPLACE INTO reply(app, kind, key, body, status, sealed, at)"    \
                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")                                     \
    X(REPLY_PRUNE, "DELETE FROM reply WHERE (app, kind, key) IN"                             \
                   " (SELECT app, kind, key FROM reply WHERE at < ?1 LIMIT 500)")            \
    X(REPLY_DROP_APP, "DELETE FROM reply WHERE app = ?1")                                    \
    /* what is to be told */                                                                 \
    X(MAIL_ADD, "INSERT OR IGNORE INTO mail(event, n, app, webhook, state, due, tries, at)"  \
                " VALUES (?1, ?2, ?3, ?4, 1, ?5, 0, ?5)")                                    \
    X(MAIL_SET, "UPDATE mail SET state = ?3, due = ?4, tries = tries + 1"                    \
                " WHERE event = ?1 AND n = ?2")                                              \
    X(MAIL_DROP, "DELETE FROM mail WHERE event = ?1")                                        \
    X(ALERT_ADD, "INSERT INTO alert(app, due, sent, tries, failed, disabled)"                \
                 " SELECT id, ?2, 0, 0, ?3, ?4 FROM app"                                     \
                 " WHERE id = ?1 AND alert_email IS NOT NULL"                                \
                 " ON CONFLICT(app) DO UPDATE SET due = CASE WHEN failed + disabled > 0"     \
                 " THEN due ELSE max(?2, sent + ?5) END,"                                    \
                 " failed = failed + ?3, disabled = disabled + ?4")                          \
    X(ALERT_SET, "UPDATE alert SET due = ?2, tries = tries + 1 WHERE app = ?1")              \
    X(ALERT_TOLD, "UPDATE alert SET due = ?2, sent = ?3, tries = 0, failed = failed - ?4,"   \
                  " disabled = disabled - ?5 WHERE app = ?1")                                \
    X(ALERT_DROP, "DELETE FROM alert WHERE app = ?1")                                        \
    X(NOTICE_HEARD, "SELECT 1 FROM webhook WHERE app = 28528 AND state = 0 LIMIT 1")         \
    X(NOTICE_ADD, "INSERT INTO notice(kind, app, webhook, event, n, number, status, error,"  \
                  " at, note) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")             \
    X(NOTICE_DROP, "DELETE FROM notice WHERE id = ?1")                                       \
    /* the audit log */                                                                      \
    X(AUDIT_ADD, "INSERT INTO audit(seq, at, actor, actor_id, mode, address, app, action,"   \
                 " kind, object, n, name, detail, before, after, result, left_out, hash)"    \
                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"     \
                 " ?15, ?16, ?17, ?18)")                                                     \
    X(AUDIT_LAST, "SELECT coalesce(max(seq), 0) FROM audit WHERE seq < (1 << 53)")           \
    X(AUDIT_ENDS, "SELECT before, start, last, head, mac FROM audit_ends WHERE id = 1")      \
    X(AUDIT_ENDS_SET, "INSERT INTO audit_ends(id, before, start, last, head, mac)"           \
                      " VALUES (1, ?1, ?2, ?3, ?4, ?5) ON CONFLICT(id) DO UPDATE SET"        \
                      " before = ?1, start = ?2, last = ?3, head = ?4, mac = ?5")            \
    X(AUDIT_OLDEST, "SELECT seq, at, hash FROM audit WHERE seq > ?1 ORDER BY seq")           \
    X(AUDIT_DROP, "DELETE FROM audit WHERE seq <= ?1")                                       \
    /* jobs */                                                                               \
    X(JOB_ADD, "INSERT OR IGNORE INTO job(id, app, webhook, state, first, last, since,"      \
               " until, done, total, created, ended, at_event, at_n)"                        \
               " VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, 0, -1, ?8, 0, ?4, -1)")              \
    X(JOB_AT, "SELECT count(*) FROM job WHERE webhook = ?1 AND state = 0")                   \
    X(JOB_COUNT, "SELECT count(*) FROM job WHERE app = ?1 AND state = 0")                    \
    X(JOB_GET, "SELECT id, app, webhook, state, first, last, since, until, done, total,"     \
               " created, ended FROM job WHERE id = ?1")                                     \
    X(JOB_END, "UPDATE job SET state = ?2, ended = ?3 WHERE id = ?1")                        \
    X(JOB_NEXT, "SELECT id, app, webhook, state, first, last, since, until, done, total,"    \
                " created, ended, at_event, at_n FROM job WHERE state = 0 AND webhook > ?1"  \
                " ORDER BY webhook LIMIT 1")                                                 \
    X(JOB_SET, "UPDATE job SET state = ?2, done = ?3, total = ?4, ended = ?5,"               \
               " at_event = ?6, at_n = ?7 WHERE id = ?1")                                    \
    X(JOB_PRUNE, "DELETE FROM job WHERE id IN"                                               \
                 " (SELECT id FROM job WHERE id < ?1 AND state <> 0 LIMIT 500)")             \
    X(JOB_DROP_APP, "DELETE FROM job WHERE app = ?1")                                        \
    X(RECOVER_NEXT, "SELECT event, n, by_person FROM delivery WHERE webhook = ?1"            \
                    " AND state >= 4 AND (event, n) > (?2, ?3) AND event < ?4"               \
                    " ORDER BY event, n")                                                    \
    /* statistics */                                                                         \
    X(STAT_DELIVERIES, "SELECT d.event, d.n, d.webhook, e.created, e.trigger"                \
                       " FROM delivery d JOIN event e ON e.id = d.event"                     \
                       " WHERE (d.event, d.n) > (?1, ?2) ORDER BY d.event, d.n LIMIT ?3")    \
    X(STAT_ATTEMPTS, "SELECT a.id, d.webhook, a.started, a.ms, a.error, a.trigger, a.effect" \
                     " FROM attempt a LEFT JOIN delivery d ON d.event = a.event"             \
                     " AND d.n = a.n WHERE a.id > ?1 ORDER BY a.id LIMIT ?2")                \
    X(STAT_ADD, "INSERT INTO stat(hour, id, accepted, delivered, failed, attempts,"          \
                " failures, ms, last, histogram)"                                            \
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"                          \
                " ON CONFLICT(hour, id) DO UPDATE SET accepted = accepted + ?3,"             \
                " delivered = delivered + ?4, failed = failed + ?5,"                         \
                " attempts = attempts + ?6, failures = failures + ?7, ms = ms + ?8,"         \
                " last = max(last, ?9), histogram = CASE WHEN ?10 IS NULL THEN histogram"    \
                " ELSE merge_histograms(histogram, ?10) END")                                \
    X(STAT_DROP, "DELETE FROM stat WHERE hour = ?1 AND id = ?2")                             \
    X(STAT_PRUNE, "DELETE FROM stat WHERE (hour, id) IN (SELECT hour, id FROM stat"          \
                  " WHERE hour >= 0 AND hour < ?1 LIMIT 500)")                               \
    /* after a clock that was set back */                                                    \
    X(REWIND_FRESH, "UPDATE delivery SET due = ?1 WHERE state = 0 AND due > ?1"              \
                    " AND (event, n) > (0, 0)")                                              \
    X(REWIND_MAIL, "UPDATE mail SET due = ?1 WHERE state = 1 AND due > ?1")                  \
    X(REWIND_ALERT, "UPDATE alert SET due = min(due, ?1 + ?2), sent = min(sent, ?1)")        \
    X(REWIND_NEXT, "SELECT event, n, due, iif(asked > served, 0, wait_ms) FROM delivery"     \
                   " WHERE webhook = ?1 AND state = 1 AND (due, event, n) > (?2, ?3, ?4)"    \
                   " ORDER BY due, event, n")                                                \
    X(REWIND_SET, "UPDATE delivery SET due = ?3 WHERE event = ?1 AND n = ?2")                \
    /* trails */                                                                             \
    X(TRAIL_STATE, "SELECT coalesce(max(last), 0), coalesce(max(run), 0) + 1,"               \
                   " coalesce(sum(level = 0), 0) FROM trail_run")                            \
    X(TRAIL_RUN_ADD, "INSERT INTO trail_run(run, level, first, last, events)"                \
                     " VALUES (?1, ?2, ?3, ?4, ?5)")                                         \
    X(TRAIL_RUN_DROP, "DELETE FROM trail_run WHERE run = ?1")                                \
    X(TRAIL_RUN_AFTER, "SELECT run, level, first, last, events FROM trail_run"               \
                       " WHERE run > ?1 AND last < ?2 ORDER BY run LIMIT 1")                 \
    X(TRAIL_SMALL, "SELECT run, level, first, last, events FROM trail_run WHERE level = 0"   \
                   " ORDER BY run LIMIT ?1")                                                 \
    X(TRAIL_LEFT, "SELECT id FROM event WHERE id >= ?1 AND id <= ?2 ORDER BY id LIMIT ?3")   \
    X(TRAIL_LEAF_ADD, "INSERT INTO trail(run, owner, event, n, entries)"                     \
                      " VALUES (?1, ?2, ?3, ?4, ?5)")                                        \
    X(TRAIL_LEAF_AFTER, "SELECT owner, event, n, entries FROM trail WHERE run = ?1"          \
                        " AND (owner, event, n) > (?2, ?3, ?4)"                              \
                        " ORDER BY owner, event, n LIMIT 1")                                 \
    X(TRAIL_LEAF_AT, "SELECT owner, event, n, entries FROM trail WHERE run = ?1"             \
                     " AND (owner, event, n) <= (?2, ?3, ?4)"                                \
                     " ORDER BY owner DESC, event DESC, n DESC LIMIT 1")                     \
    X(TRAIL_DROP, "DELETE FROM trail WHERE run = ?1")                                        \
    X(TRAIL_LATE_ADD, "INSERT OR IGNORE INTO trail_late(event) VALUES (?1)")                 \
    X(TRAIL_LATE_CLEAR, "DELETE FROM trail_late")                                            \
    X(TRAIL_EVENTS, "SELECT id, app, type FROM event WHERE id > ?1 UNION ALL"                \
                    " SELECT e.id, e.app, e.type FROM trail_late l CROSS JOIN event e"       \
                    " ON e.id = l.event")                                                    \
    X(TRAIL_DELIVERIES,                                                                      \
      "SELECT webhook, event, n FROM delivery WHERE event > ?1 UNION ALL"                    \
      " SELECT d.webhook, d.event, d.n FROM trail_late l CROSS JOIN delivery d"              \
      " ON d.event = l.event")                                                               \
    /* steps */                                                                              \
    X(SWEEP_PARKED, "SELECT event, n, spared, due FROM delivery WHERE webhook = ?1"          \
                    " AND state = 1 AND (due, event, n) > (?2, ?3, ?4)"                      \
                    " ORDER BY due, event, n LIMIT 500")                                     \
    X(SWEEP_TURNS, "SELECT t.event, t.n, t.seq FROM turn t CROSS JOIN delivery d"            \
                   " ON d.event = t.event AND d.n = t.n WHERE t.webhook = ?1"                \
                   " AND t.event < ?2 AND d.spared < ?2 LIMIT 500")                          \
    X(SWEEP_FRESH, "SELECT event, n, spared, webhook FROM delivery WHERE state = 0"          \
                   " AND (event, n) > (?1, ?2) ORDER BY event, n LIMIT 500")                 \
    X(DELIVERY_CANCEL, "UPDATE delivery SET state = 5, ended = ?3, asked = served"           \
                       " WHERE event = ?1 AND n = ?2 AND state < 3")                         \
    X(RETAIN_EVENTS, "SELECT id FROM event WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT 250") \
    X(RETAIN_KEEPS, "SELECT 1 FROM delivery WHERE event = ?1"                                \
                    " AND (state < 3 OR ended > ?2 OR last_attempt = ?3) LIMIT 1")           \
    X(ERASE_EVENTS, "SELECT id, app FROM event WHERE id > ?1 ORDER BY id LIMIT 5000")        \
    X(ERASE_ATTEMPTS, "SELECT last_attempt FROM delivery WHERE event = ?1"                   \
                      " AND last_attempt <> 0")                                              \
    X(ATTEMPT_PREV, "SELECT prev FROM attempt WHERE id = ?1")                                \
    X(ATTEMPT_DROP, "DELETE FROM attempt WHERE id = ?1")                                     \
    X(DELIVERY_DROP, "DELETE FROM delivery WHERE event = ?1")                                \
    X(EVENT_DROP, "DELETE FROM event WHERE id = ?1")                                         \
    X(KEY_DROP_APP, "DELETE FROM api_key WHERE app = ?1")                                    \
    X(CHOICE_DROP_APP, "DELETE FROM choice WHERE app = ?1")

enum sql {
#define X(name, text) SQL_##name,
    STATEMENTS(X)
#undef X
        SQL_COUNT
};

extern const char *const sqlite_sql[SQL_COUNT];

// The tables, and their number in user_version.
enum { SQLITE_SCHEMA_VERSION = 1, SQLITE_APPLICATION_ID = 0x50485231 }; // "PHR1"
extern const char sqlite_schema[];

#endif
