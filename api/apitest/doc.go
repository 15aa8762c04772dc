// Package apitest provides an in-memory Qovery for tests and demos, in the manner
// of net/http/httptest: jobs and their secrets, the operations of the specification,
// and faults on demand. A test with it takes a few lines:
//
//	srv := apitest.Start(t)
//	job := srv.AddJob("nightly")
//	secret := srv.AddSecret(job, "DB_PASSWORD", api.VariableScopeEnvironment)
//	client, err := api.NewClient(api.APIToken(srv.Token()), api.WithBaseURL(srv.URL()))
//	…
//	alias, err := client.CreateJobSecretAlias(ctx, job, secret, api.AliasRequest{Key: "PGPASSWORD"})
//
// [Server.Secrets] and [Server.Requests] show the result, and [Server.Inject] makes
// a request fail.
//
// # What is like Qovery
//
// An error has the body {"status": 404, "detail": "…"}, every response has an
// X-Request-Id, and timestamps have six fractional digits. A description that is not
// set is an empty string; other values that are not set are null, mount_path
// included. Requests are checked in this order:
//
//   - 401 unless Authorization is "Token" with [Server.Token], or "Bearer" with
//     anything that has the shape of a JWT
//   - 404 for a path and 405 for a method without an operation, 400 for an id in the
//     path that is not a UUID in lower case with dashes
//   - 415 for a body that is not application/json; 400 for one that is larger than
//     1 MiB, malformed, or breaks the specification; unknown fields are ignored
//   - 404 for an unknown job or secret
//   - 400 for an alias on an alias; a secret of any scope can have aliases, one of
//     scope JOB too
//   - 409 for an alias with the key of a secret that the job sees, inherited ones
//     included
//   - 403 for the deletion of a secret of scope BUILT_IN
//
// Deleting a secret deletes its aliases. A list has the order in which secrets were
// added.
//
// # What is not
//
// Every job has its own secrets: one added with a higher scope is seen by the job it
// was added to and by no other. There are no variables, files, overrides, plan limits
// or rate limits, and tokens do not expire.
package apitest
