// Package apitest is an in-memory Qovery for tests and demos, in the manner of
// net/http/httptest: jobs and their secrets, the three operations of the
// specification, and faults on demand. A test with it takes a few lines:
//
//	srv := apitest.Start(t)
//	job := srv.AddJob("nightly")
//	secret := srv.AddSecret(job, "DB_PASSWORD", generated.VariableScopeEnvironment)
//	client, err := api.NewClient(api.APIToken(srv.Token()), api.WithBaseURL(srv.URL()))
//	…
//	alias, err := client.CreateJobSecretAlias(ctx, job, secret, api.AliasRequest{Key: "PGPASSWORD"})
//
// [Server.Secrets] and [Server.Requests] then tell what became of it, and
// [Server.Inject] makes a request fail.
//
// # What is like Qovery
//
// Errors have the body {"status": 404, "detail": "…"}, every answer has an
// X-Request-Id, timestamps have six fractional digits, and absent values are
// null, mount_path included. Requests are checked in this order:
//
//   - 401 unless Authorization is "Token" with [Server.Token], or "Bearer" with
//     anything of a JWT's shape
//   - 404 for a path and 405 for a method there is no operation for, 400 for a
//     path with a malformed UUID
//   - 415 for a body that is not application/json, 400 for one that is malformed,
//     larger than 1 MiB, or breaks the specification; unknown fields are ignored
//   - 404 for an unknown job or secret
//   - 400 for an alias on an alias or on a secret of scope JOB
//   - 403 for the deletion of a secret of scope BUILT_IN
//   - 409 for a key that another secret of scope JOB has
//
// Deleting a secret deletes its aliases. A list keeps the order in which secrets
// were added.
//
// # What is not
//
// Each job has its secrets for itself: one added with an outer scope is seen by
// the job it was added to and no other. There are no variables, files, overrides,
// plan limits and no rate limit, and no token expires.
package apitest
