// Package api creates, lists and deletes the secret aliases of a Qovery job, and never
// misreports what happened.
//
//	client, err := api.NewClient(api.APIToken(token))
//	alias, created, err := client.EnsureJobSecretAlias(ctx, jobID, secretID, api.AliasRequest{Key: "DB_PASSWORD"})
//
// It makes five promises:
//
//   - Create acts once: a POST that may have been processed is never sent again.
//   - Ensure and delete converge: they list, act and list again, until the job is as asked or
//     it is certain why not. They repeat a request that may have taken effect only after a
//     list that began after it and does not show its effect.
//   - List only reads.
//   - No error without a reason, no success that did not happen, and ErrOutcomeUnknown where
//     the outcome cannot be determined.
//   - A token is sent to the configured host only, and is in no error, log record or value.
//
// # Outcomes
//
// Every error of a method is an [*Error], or joins several, and matches sentinels with
// [errors.Is]. Where it matches several, the first of ErrOutcomeUnknown, ErrNotSent, and then
// the others says what happened; [Error.Kind] names it.
//
//	what happened            create             ensure               delete               list
//	wrong input              ErrInvalidRequest  same                 same                 same
//	no token, context over   ErrNotSent         same                 same                 same
//	no connection            retried, then      same                 same                 same
//	                         ErrNotSent
//	documented success       the secret         the secret, created  nil                  the list
//	400, 422, other 4xx      ErrInvalidRequest  same                 nil if gone, else    ErrInvalidRequest
//	                                                                 ErrInvalidRequest
//	401                      ErrUnauthorized    same                 same                 same
//	403                      ErrForbidden       same                 nil if gone, else    ErrForbidden
//	                                                                 ErrForbidden
//	404                      ErrNotFound        same                 nil if gone, else    ErrNotFound
//	                                                                 repeated, then
//	                                                                 ErrNotFound
//	409                      ErrConflict with   the alias, or        nil if gone, else    ErrConflict
//	                         Existing           ErrConflict          ErrConflict
//	429                      retried, then      same                 same                 same
//	                         ErrRateLimited
//	300, 304-308             ErrUnexpected-     same                 same                 same
//	                         Response
//	408, 5xx, any other      a list decides     a list decides; if   a list decides; if   retried, then
//	status, a broken or                         the key is free,     still there,         ErrServer, ...
//	lost response                               repeated             repeated
//	context over after       ErrOutcomeUnknown  same                 same                 ErrNoResponse
//	sending
//	undecided, and no list   ErrOutcomeUnknown  same                 same
//	tells in time
//
// The rows hold while no request of a call is undecided. Once one is, only a documented
// success or a list that decides ends the call with certainty. Any other ending, a 403 to a
// repeat included, is ErrOutcomeUnknown, which wraps what went wrong last. What a list
// decides, and what remains possible behind proxies that repeat requests, is in
// https://github.com/qovery-alias/qovery-alias-go/blob/main/docs/outcomes.md.
//
// # Retries
//
// Up to three further attempts are made ([WithRetries]), after jittered exponential backoff
// from 0.5 s to 8 s ([WithBackoff]), or after the server's Retry-After if that is longer. A
// Retry-After above 60 s, or past the context's deadline, ends the call at once, with
// RetryAfter set. Each attempt of a list, an ensure or a deletion but the last leaves a
// quarter of the context's time to the next one, where that is at least 2 s. For ensure and
// delete, WithRetries bounds the rounds of requests; one in which a request succeeded does
// not count. A list that decides what became of a request comes after the same backoff, and at
// once after a refusal or if less time is left. A quarter of the context's time is kept for
// lists. With the defaults and no deadline, a call takes at most:
//
//	call                               requests         time
//	ListJobSecrets, Find..., Plan...   4 GET            5 min
//	CreateJobSecretAlias               4 POST, 16 GET   7 min
//	EnsureJobSecretAlias               4 POST, 20 GET   13 min
//	DeleteJobSecretAlias               4 DELETE, 20 GET 13 min
//	EnsureJobSecretAliases             as for each alias, with the lists for all together
package api
