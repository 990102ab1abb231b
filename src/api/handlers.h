// The handlers of api/routes.c, one file per family: apps.c, app_keys.c, portal.c, logins.c,
// webhooks.c, secrets.c, signing_keys.c, webhook_tests.c, event_types.c, events.c,
// deliveries.c, attempts.c, jobs.c, audit_log.c, backups.c, service.c.

#ifndef API_HANDLERS_H
#define API_HANDLERS_H

#include "api/routes.h"

ask_fn app_create_ask, app_update_ask, app_delete_ask, app_list_ask;
answer_fn app_update_answer, app_get_answer, app_list_answer;

ask_fn key_create_ask, operator_key_create_ask, key_delete_ask, key_list_ask;
answer_fn key_list_answer;

ask_fn link_create_ask, session_list_ask, session_end_ask, session_end_all_ask;
ask_fn login_ask, login_show_ask, logout_ask, self_ask;
answer_fn session_list_answer, login_answer, logout_answer, self_answer;

ask_fn webhook_create_ask, webhook_update_ask, webhook_delete_ask, webhook_list_ask;
answer_fn webhook_update_answer, webhook_get_answer, webhook_list_answer;

ask_fn secret_show_ask, secret_rotate_ask, signing_key_ask, signing_key_delete_ask;

ask_fn stats_ask;
answer_fn stats_answer;

ask_fn test_ask;
answer_fn test_answer;

ask_fn event_create_ask, event_list_ask, event_get_ask;
answer_fn event_create_answer, event_list_answer, event_get_answer;

ask_fn delivery_list_ask, delivery_retry_ask, delivery_cancel_ask;
answer_fn delivery_list_answer, delivery_get_answer, delivery_retry_answer,
    delivery_cancel_answer, attempt_list_answer;

ask_fn event_type_put_ask, event_type_delete_ask;
ask_fn recover_ask, job_cancel_ask;
answer_fn recover_answer, job_get_answer, job_cancel_answer;

ask_fn audit_list_ask, audit_verify_ask;
answer_fn audit_list_answer, audit_verify_answer;

answer_fn event_type_list_answer, profile_list_answer;
ask_fn profile_get_ask;

ask_fn backup_ask;
answer_fn backup_create_answer, backup_list_answer;

ask_fn health_ask, ready_ask;
answer_fn openapi_answer, metrics_answer, nothing_answer; // 204

// Platforms' own doors: door_pair.c, door_sk.c.
ask_fn pair_create_ask, pair_list_ask, pair_get_ask, pair_update_ask, pair_delete_ask;
answer_fn pair_list_answer, pair_get_answer;
ask_fn sk_create_ask, sk_list_ask, sk_delete_ask;
answer_fn sk_list_answer;

ask_fn nowhere_ask; // dispatch.c: 404, or 405

#endif
