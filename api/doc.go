// Package api creates, lists and deletes the secret aliases of a Qovery job, and never
// misreports what happened.
//
//	client, err := api.NewClient(api.APIToken(token))
//	alias, created, err := client.EnsureJobSecretAlias(ctx, jobID, secretID, api.AliasRequest{Key: "DB_PASSWORD"})
//
// The types [Secret] and [AliasRequest] are aliases of generated ones, whose fields package
// generated documents. Of a Secret, ID, Key, Scope, VariableType and AliasedSecret say what
// it is; of an AliasRequest only Key is required. Optional fields are pointers: to print
// one of these, encode it as JSON.
//
// # Three promises
//
//   - Create acts once: a POST that may have been processed is never sent again.
//   - Ensure and delete converge: they list, act, and where a request may have taken
//     effect, list again and act again, until the job is as asked or it is certain why not.
//     They repeat a request only after a list that began after it and does not show its
//     effect.
//   - List only reads.
//
// # Outcomes
//
// Every error of a method is an [*Error], or joins several, and matches sentinels with
// [errors.Is]. Where it matches several, the first of ErrOutcomeUnknown, ErrNotSent, and
// then the others says what happened.
//
//	what happened                  create               ensure               delete               list
//	wrong input                    ErrInvalidRequest, nothing sent           same                 same
//	no token, context over         ErrNotSent and the cause                  same                 same
//	before sending
//	refused, DNS, TLS, dial        retried (an untrusted certificate is      same                 same
//	timeout: provably not sent     not), then ErrNotSent and the cause
//	documented success, body       the secret           the secret, created  done                 the list
//	as promised
//	400, 422, other 4xx            ErrInvalidRequest    same                 list decides: gone   ErrInvalidRequest
//	                                                                         is done, else
//	                                                                         ErrInvalidRequest
//	401                            ErrUnauthorized      same                 same                 same
//	403                            ErrForbidden         same                 list decides, else   ErrForbidden
//	                                                                         ErrForbidden
//	404                            ErrNotFound          same                 list decides; still  ErrNotFound
//	                                                                         there (410 too):
//	                                                                         sent again, then
//	                                                                         ErrNotFound
//	409                            ErrConflict, the     list decides: the    ErrConflict          ErrConflict
//	                               holder looked up     alias asked for is
//	                                                    success, another
//	                                                    is ErrConflict
//	429                            retried, then ErrRateLimited              same                 same
//	300, 304-308                   ErrUnexpectedResponse                     same                 same
//	408, 5xx, any other status,    settled              settled; key free:   settled; still       retried (408, 5xx but
//	301-303, a broken body,                             sent again           there: sent again    501, no response), then
//	reset or timeout after                                                                        ErrServer, ErrNoResponse
//	sending                                                                                       or ErrUnexpectedResponse
//	context over after sending     ErrOutcomeUnknown, ErrNoResponse and      same                 ErrNoResponse and the
//	                               the context's error, at once                                   context's error
//	undecided, and no list is to   ErrOutcomeUnknown, which also matches     same
//	be had or shows it in time     what went wrong
//
// The rows hold while no request of a call is undecided. Once one is, only a documented
// success or a list that decides ends the call with certainty; any other ending, a 403 to a
// repeat included, is ErrOutcomeUnknown.
//
// Settled means: the job's secrets are listed 0, 0.25, 0.75, 1.75, 3.25 and 5.25 s after the
// failure, sooner where less time is reserved. Reserved is a quarter of the time left to the
// context when the call begins, at most 30 s. The job's own secret of the key decides. An
// alias of the secret asked for is returned; by create only if the description and the
// interpolation that were set are the same, otherwise it may be older and the error is
// ErrOutcomeUnknown with Existing. Anything else is ErrConflict, but an alias whose target is
// missing from the list leaves the request undecided. A 409 whose holder no list shows says
// that a variable may have the key. A deletion that ends with another error, without a list
// after its DELETE, asks for one: an alias that is absent from it is deleted.
//
// What remains: a POST that is still on its way can take effect after a success was
// reported, so an alias deleted at once may come back; a holder that decided may be gone a
// moment later; a server that checked a key without locking it could end with two; and a
// proxy may repeat a POST that took effect, which shows as a 409 whose Existing is exactly
// the alias asked for.
//
// Values that this package does not know are not errors: enums are open, unknown fields are
// ignored, and a null or a malformed value leaves its field empty. Only the id, key and scope
// of a listed secret, and the id, key and, where given, target of a new one, must be readable.
//
// # Retries
//
// Up to three further attempts are made ([WithRetries]), after jittered exponential backoff
// from 0.5 s to 8 s, half fixed and half random ([WithBackoff]), or after the server's
// Retry-After if that is longer. A Retry-After above 60 s, or past the context's deadline,
// ends the call at once, with RetryAfter set. An attempt that another may follow leaves it a
// quarter of the time. After a 401, a token source is asked again, and the request is repeated
// once if the source returns another token.
//
// For ensure and delete, WithRetries bounds the further POSTs of one alias, or DELETEs,
// whatever their reason. In a batch, a 429 or 503 does not count while other POSTs have
// succeeded within the last 10 s.
//
// net/http repeats requests by itself: on HTTP/1, where nothing was written to a connection
// that had been closed; on HTTP/2, where the server refused the stream, which some proxies do
// after they have processed it. What the response to such a repeat of a POST refuses is
// settled, not believed, and a repeat of one on another connection is stopped.
//
// # Requests and time
//
// With the defaults, a call sends at most so many requests, without those that follow a 401
// with a token source and those that net/http repeats by itself. A request with its retries
// takes at most 4 attempts of 30 s and the waits between them: up to 3.5 s, or 180 s where
// the server asks for that, 300 s in all.
//
//	call                              requests               time without a deadline
//	ListJobSecrets, Find…, Plan…      4 GET                  300 s
//	CreateJobSecretAlias              4 POST, 6 GET          330 s
//	EnsureJobSecretAlias              4 POST, 58 GET         300 s for the first list; 30 s for each POST;
//	                                                         before each of its 3 repeats a wait and a
//	                                                         list, which is tried 4 times with its retries;
//	                                                         30 s of settling
//	DeleteJobSecretAlias              4 DELETE, 58 GET       as EnsureJobSecretAlias
//	EnsureJobSecretAliases            as EnsureJobSecretAlias for each alias, with the lists for all together
package api
