// Package apitest provides an in-memory Qovery for tests and demos, in the manner of
// net/http/httptest: jobs and their secrets, the operations of the specification, and faults on
// demand. A test with it takes a few lines:
//
//	srv := apitest.Start(t)
//	job := srv.AddJob("nightly")
//	secret := srv.AddSecret(job, "DB_PASSWORD", api.VariableScopeEnvironment)
//	client, err := api.NewClient(api.APIToken(srv.Token()), api.WithBaseURL(srv.URL()))
//	…
//	alias, err := client.CreateJobSecretAlias(ctx, job, secret, api.AliasRequest{Key: "PGPASSWORD"})
//
// [Server.Secrets] and [Server.Requests] show the result; [Server.Inject] makes requests fail, and
// [Server.RateLimit] those that come too fast. With api.WithBackoff the client retries at once.
//
// An error has the body {"status": 404, "detail": "…"}, every response has an X-Request-Id, and
// timestamps have six fractional digits, as with Qovery. A description that is not set is an empty
// string; other values that are not set are null. Deleting a secret deletes its aliases. A list has the
// order in which secrets were added. Requests are checked in this order:
//
//   - 401 unless Authorization is "Token" with [Server.Token], or "Bearer" with anything that has
//     the shape of a JWT
//   - 404 for a path and 405 for a method without an operation, 400 for an id that is not a UUID
//   - 415 for a body that is not application/json; 400 for one that is larger than 1 MiB, malformed,
//     or breaks the specification; unknown fields are ignored
//   - 404 for an unknown job or secret
//   - 400 for an alias on an alias; a secret of any scope can have aliases, one of scope JOB too
//   - 409 for an alias with the key of a secret that the job sees, inherited ones included
//   - 403 for the deletion of a secret of scope BUILT_IN
//
// Unlike with Qovery, every job has its own secrets: one added with a higher scope is seen by no other
// job. There are no variables, files, overrides or plan limits, and tokens do not expire.
package apitest
