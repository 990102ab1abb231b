#include "store/sqlite_sql.h"

const char *const sqlite_sql[SQL_COUNT] = {
#define X(name, text) [SQL_##name] = text,
    STATEMENTS(X)
#undef X
};

// A table is appended at its end by a commit; what must be found by another key is indexed
// behind it (store/runs.h, store/trail.h), because a page dirtied at a random place costs ten
// times an appended row. The partial indexes hold only what waits, or what failed.
//
// delivery.state is enum delivery_state. spared: the webhook's cancel_before that a manual
// retry has passed. old_state and old_due: what a failed manual retry restores (old_due of an
// ended one is when it ended). app.used: an event was accepted, so the profile stays.
// delivery.seq: the webhook's number of a keyed one, 0 for others; turn: those in line, of
// which all but the first are held. delivery.by_person: cancelled by one, so recover leaves
// it. job.total: below zero while it is counted, −1 − what was found so far. webhook.swept:
// the cancel_before up to which rows have been rewritten. attempt.effect is enum
// attempt_effect. stat.id is a webhook's or an app's, hour counts from 1970; hour -1: of all
// time. The hour leads, so that what is written stands together.
//
// mail: one row per delivery whose contract demands an e-mail, kept to show what became of
// it. alert: what an app is to be told, gathered. notice: operational events not yet accepted
// as events of the operator's app (28528); their numbers are never used again, because they
// keep an event from being made twice.
//
// audit: hook/audit.h says what its columns are, and audit_ends. The triggers are a net under
// our own statements; what somebody else writes, the chain tells.
const char sqlite_schema[] =
    "CREATE TABLE setting(name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;"
    "CREATE TABLE app(id INTEGER PRIMARY KEY, uid TEXT UNIQUE, name TEXT, profile TEXT,"
    " alert_email TEXT, strict INT NOT NULL DEFAULT 0, types TEXT,"
    " version INT NOT NULL, used INT NOT NULL DEFAULT 0, created INT NOT NULL);"
    "CREATE TABLE api_key(id INTEGER PRIMARY KEY, app INT NOT NULL, lookup TEXT UNIQUE,"
    " hash BLOB NOT NULL, scopes INT NOT NULL, mode INT NOT NULL, name TEXT, hint TEXT,"
    " window_until INT NOT NULL DEFAULT 0, window_count INT NOT NULL DEFAULT 0,"
    " created INT, expires INT, revoked INT NOT NULL, last_used INT, rate INT NOT NULL,"
    " burst INT NOT NULL);"
    "CREATE INDEX key_app ON api_key(app, id);"
    "CREATE TABLE portal_link(id INTEGER PRIMARY KEY, app INT NOT NULL,"
    " hash BLOB NOT NULL UNIQUE, scopes INT NOT NULL, created INT, expires INT NOT NULL);"
    "CREATE INDEX link_app ON portal_link(app, expires);"
    "CREATE INDEX link_expires ON portal_link(expires);"
    "CREATE TABLE session(id INTEGER PRIMARY KEY, app INT NOT NULL,"
    " hash BLOB NOT NULL UNIQUE, scopes INT NOT NULL, address TEXT, created INT,"
    " seen INT NOT NULL, ends INT NOT NULL);"
    "CREATE INDEX session_app ON session(app, id);"
    "CREATE INDEX session_ends ON session(ends);"
    "CREATE TABLE webhook(id INTEGER PRIMARY KEY, app INT NOT NULL, name TEXT,"
    " url TEXT NOT NULL, state INT NOT NULL, reason TEXT, mode INT NOT NULL,"
    " version INT NOT NULL, failing_since INT NOT NULL DEFAULT 0,"
    " cancel_before INT NOT NULL DEFAULT 0, swept INT NOT NULL DEFAULT 0, sequence INT NOT "
    "NULL DEFAULT 0, settings TEXT,"
    " created INT, updated INT);"
    "CREATE INDEX webhook_app ON webhook(app, id);"
    "CREATE TABLE choice(app INT, type TEXT, webhook INT, exclusive INT,"
    " PRIMARY KEY(app, type, webhook)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX choice_one ON choice(app, type) WHERE exclusive = 1;"
    "CREATE TABLE secret(id INTEGER PRIMARY KEY, webhook INT NOT NULL, app INT NOT NULL,"
    " kind INT NOT NULL, version INT NOT NULL, sealed TEXT NOT NULL, since INT, until INT);"
    "CREATE INDEX secret_webhook ON secret(webhook);"
    "CREATE TABLE event(id INTEGER PRIMARY KEY, app INT NOT NULL, type TEXT NOT NULL,"
    " mode INT NOT NULL, trigger INT NOT NULL, created INT NOT NULL, fan INT NOT NULL,"
    " span_at INT, span_len INT,"
    " uid TEXT, order_key TEXT, body BLOB NOT NULL, original BLOB);"
    "CREATE TABLE delivery(event INT, n INT, webhook INT NOT NULL, state INT NOT NULL,"
    " due INT NOT NULL, wait_ms INT NOT NULL DEFAULT 0, step INT NOT NULL DEFAULT 0,"
    " number INT NOT NULL DEFAULT 0, asked INT NOT NULL DEFAULT 0,"
    " served INT NOT NULL DEFAULT 0, crashes INT NOT NULL DEFAULT 0,"
    " last_attempt INT NOT NULL DEFAULT 0, status INT NOT NULL DEFAULT 0,"
    " error INT NOT NULL DEFAULT 0, ended INT NOT NULL DEFAULT 0,"
    " spared INT NOT NULL DEFAULT 0, old_state INT NOT NULL DEFAULT 0,"
    " old_due INT NOT NULL DEFAULT 0, by_person INT NOT NULL DEFAULT 0,"
    " seq INT NOT NULL DEFAULT 0, replayed INT NOT NULL DEFAULT 0,"
    " PRIMARY KEY(event, n)) WITHOUT ROWID;"
    "CREATE INDEX delivery_fresh ON delivery(event, n) WHERE state = 0;"
    "CREATE INDEX delivery_lane ON delivery(webhook, due, event, n) WHERE state = 1;"
    "CREATE INDEX delivery_bad ON delivery(webhook, event, n, by_person) WHERE state >= 4;"
    "CREATE TABLE attempt(id INTEGER PRIMARY KEY, event INT NOT NULL, n INT NOT NULL,"
    " number INT NOT NULL, prev INT NOT NULL, trigger INT NOT NULL, started INT, ms INT,"
    " status INT, error INT, version INT, detail BLOB, effect INT NOT NULL);"
    "CREATE TABLE stat(hour INT, id INT, accepted INT, delivered INT, failed INT,"
    " attempts INT, failures INT, ms INT, last INT, histogram BLOB,"
    " PRIMARY KEY(hour, id)) WITHOUT ROWID;"
    "CREATE TABLE idem_log(id INTEGER PRIMARY KEY, app INT NOT NULL, kind INT NOT NULL,"
    " key BLOB NOT NULL, body BLOB NOT NULL, event INT NOT NULL, at INT NOT NULL);"
    "CREATE TABLE run(kind INT, run INT, first INT, last INT, rows INT, bloom BLOB, at INT,"
    " PRIMARY KEY(kind, run));"
    "CREATE TABLE idem_run(run INT, key BLOB, app INT, kind INT, body BLOB, event INT,"
    " PRIMARY KEY(run, key, app, kind)) WITHOUT ROWID;"
    "CREATE TABLE trail_run(run INTEGER PRIMARY KEY, level INT, first INT, last INT,"
    " events INT);"
    "CREATE INDEX trail_small ON trail_run(run) WHERE level = 0;"
    "CREATE TABLE trail(run INT, owner INT, event INT, n INT, entries BLOB,"
    " PRIMARY KEY(run, owner, event, n)) WITHOUT ROWID;"
    "CREATE TABLE trail_late(event INTEGER PRIMARY KEY);"
    "CREATE TABLE reply(app INT, kind INT, key BLOB, body BLOB, status INT, sealed TEXT,"
    " at INT, PRIMARY KEY(app, kind, key)) WITHOUT ROWID;"
    "CREATE INDEX reply_at ON reply(at);"
    "CREATE TABLE mail(event INT, n INT, app INT NOT NULL, webhook INT NOT NULL,"
    " state INT NOT NULL, due INT NOT NULL, tries INT NOT NULL, at INT NOT NULL,"
    " PRIMARY KEY(event, n)) WITHOUT ROWID;"
    "CREATE INDEX mail_due ON mail(due) WHERE state = 1;"
    "CREATE TABLE alert(app INTEGER PRIMARY KEY, due INT NOT NULL, sent INT NOT NULL,"
    " tries INT NOT NULL, failed INT NOT NULL, disabled INT NOT NULL);"
    "CREATE INDEX alert_due ON alert(due) WHERE failed + disabled > 0;"
    "CREATE TABLE notice(id INTEGER PRIMARY KEY AUTOINCREMENT, kind INT NOT NULL,"
    " app INT NOT NULL, webhook INT NOT NULL, event INT, n INT, number INT, status INT,"
    " error INT, at INT NOT NULL, note TEXT);"
    "INSERT INTO app(id, uid, name, profile, version, created) VALUES(28528, 'operator',"
    " 'Operator', 'standard', 1, strftime('%s', 'now') * 1000);"
    "CREATE TABLE turn(webhook INT, order_key TEXT, seq INT, event INT NOT NULL,"
    " n INT NOT NULL, PRIMARY KEY(webhook, order_key, seq)) WITHOUT ROWID;"
    "CREATE TABLE job(id INTEGER PRIMARY KEY, app INT NOT NULL, webhook INT NOT NULL,"
    " state INT NOT NULL, first INT, last INT, since INT, until INT, done INT, total INT,"
    " created INT, ended INT, at_event INT, at_n INT);"
    "CREATE INDEX job_app ON job(app);"
    "CREATE UNIQUE INDEX job_running ON job(webhook) WHERE state = 0;"
    "CREATE TABLE audit(seq INTEGER PRIMARY KEY, at INT NOT NULL, actor INT NOT NULL,"
    " actor_id INT NOT NULL, mode INT NOT NULL, address TEXT, app INT NOT NULL, action TEXT,"
    " kind INT NOT NULL, object INT NOT NULL, n INT NOT NULL, name TEXT, detail TEXT,"
    " before INT NOT NULL, after INT NOT NULL, result TEXT, left_out INT NOT NULL,"
    " hash BLOB NOT NULL);"
    "CREATE TABLE audit_ends(id INTEGER PRIMARY KEY CHECK(id = 1), before INT NOT NULL,"
    " start BLOB NOT NULL, last INT NOT NULL, head BLOB NOT NULL, mac BLOB NOT NULL);"
    "CREATE TRIGGER audit_stays BEFORE UPDATE ON audit"
    " BEGIN SELECT raise(ABORT, 'the audit log is only added to'); END;"
    "CREATE TRIGGER audit_ages BEFORE DELETE ON audit"
    " WHEN old.seq > coalesce((SELECT before FROM audit_ends), 0)"
    " BEGIN SELECT raise(ABORT, 'the audit log is only added to'); END;"
    "CREATE TABLE schema_migrations(version INTEGER PRIMARY KEY, applied INT);";
