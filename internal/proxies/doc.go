// Command proxies runs the client behind real proxies that fail, and holds what each call
// reported against the state of the server.
//
//	go run . [-calls N] [-seed S] [-settings a,b] [-deadline D] [-time D] [-short]
//	go run . -compare [-calls N] [-seed S] [-time D] [-short]
//
// The server is the fake of package apitest, sometimes slow. In front of it stands, in
// turn:
//
//   - nginx-h2: nginx with TLS and HTTP/2, 50 requests a connection, reloaded every
//     300 ms, its workers killed now and then
//   - nginx-429, nginx-503: nginx that limits to 200 requests a second; one batch of 1,000
//     aliases goes through it
//   - haproxy: haproxy with TLS and HTTP/2 that waits 50 ms for the server, denies one
//     request in 50, and is killed and started again
//   - haproxy-replay: the same, and it repeats requests by itself. Creates are exempt: what
//     a proxy repeats cannot be seen from a client
//   - cuts, cuts-h2: a TCP proxy that cuts connections at random bytes, with HTTP/1.1 and
//     with TLS and HTTP/2
//
// A row of the table stands for one verb. The outcomes of a batch are counted for each of
// its aliases. "there" and "not" are unknown outcomes that had taken effect or had not.
// POST and list are requests that the client made; those of net/http and of proxies are in
// the line of the server. "exempt" are wrong reports that a repeating proxy is the cause of.
//
// With -compare, this client and others make the same aliases in the haproxy setting, and
// what each told its user goes into ../bench/RESULTS.md. Another client is added by dropping
// one file with one function into this folder, named like client_bare.go and registered in
// the same way:
//
//	var _ = register(contender{name: "other", connect: newOther})
//
//	func newOther(at endpoint) (makeAlias, error) { … }
//
// The exit code is 1 if a report is wrong, created was reported twice for one key, or a key
// was created twice; with -compare, if a report of this client is wrong. Settings whose program is not installed are skipped.
package main
