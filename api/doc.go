// Package api creates, lists and deletes the secret aliases of a Qovery job, and
// never leaves open what happened.
//
//	client, err := api.NewClient(api.APIToken(token))
//	alias, created, err := client.EnsureJobSecretAlias(ctx, jobID, secretID, api.AliasRequest{Key: "DB_PASSWORD"})
//
// # Errors
//
// Every error of a method is an [*Error], or joins several, and matches sentinels
// with [errors.Is]:
//
//	what happened                          create                      list, delete
//	wrong input, nothing sent              ErrInvalidRequest           same
//	no token, context over before sending  ErrNotSent and the cause    same
//	refused, DNS, TLS, dial timeout        retried, then ErrNotSent    same
//	400, 422, other 4xx                    ErrInvalidRequest           same
//	401, 403, 404                          ErrUnauthorized,            same; a DELETE sent again
//	                                       ErrForbidden, ErrNotFound   takes 404 for success
//	409                                    ErrConflict, with Existing  ErrConflict
//	429                                    retried, then               same
//	                                       ErrRateLimited
//	300, 304-308                           ErrUnexpectedResponse       same
//	301-303, any other status, a body      settled                     ErrUnexpectedResponse
//	that is not what the API promises
//	408, 5xx                               settled                     retried (not 501),
//	                                                                   then ErrServer
//	reset or timeout after sending         settled                     retried, then the cause
//	context over after sending             ErrOutcomeUnknown and       the context's error
//	                                       the context's error
//
// Settled means: the job's secrets are listed, up to three times. If one of scope JOB
// has the key, it decides: if it is an alias of the secret asked for, that is returned;
// if it is something else, the error is ErrConflict. If there is none, or the server does
// not tell its target, the error is ErrOutcomeUnknown, which also matches what went
// wrong first. Settling has a quarter of the time left to the context, 30 s without a
// deadline; an attempt to create ends early enough to leave it that.
//
// Values that this package does not know are no error: the enums are open, unknown
// fields are ignored, and null is accepted where the spec promises a value.
//
// # Retries
//
// Up to three further attempts are made (WithRetries), after a random time of up to
// 0.5 s, 1 s, 2 s, at most 8 s (WithBackoff), or after the server's Retry-After, if
// that is no longer than 60 s. The error is returned at once, with RetryAfter set,
// where waiting longer is asked for or the context would end first. A create is sent
// again only if it was provably not sent, or answered with 429. net/http repeats one by
// itself only if nothing had been written to a connection that went stale, or an HTTP/2
// server refused the stream; where it would after GOAWAY or PROTOCOL_ERROR, the
// create is settled instead.
//
// # Time
//
// The context bounds every call. Without a deadline, a request with its retries takes
// at most 4 × 30 s and the waits between, which are 3.5 s, or 3 × 60 s if the server asks
// for that: 300 s. ListJobSecrets and FindJobSecret make one such request,
// CreateJobSecretAlias one and 30 s of settling, EnsureJobSecretAlias two and 30 s,
// DeleteJobSecretAlias two, EnsureJobSecretAliases one, one for every eighth missing
// alias, up to 60 s between those, and 30 s.
package api
