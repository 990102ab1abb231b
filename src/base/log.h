// The server's log: one line each on standard error, text or JSON, never blocking and never
// failing: where nobody reads, lines are dropped, and counted in a line later. Only the rooms
// that decide write it (api, serve, cli, and the store's thread for what ends the process).
// No payload, secret, token or header value is ever passed here.

#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };
enum log_format { LOG_TEXT, LOG_JSON };

void log_start(enum log_level least, enum log_format format);

// Control bytes are escaped; a line is cut at LIMIT_LOG_LINE. event is a fixed word, as
// "store.open"; the rest a sentence.
void log_write(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
