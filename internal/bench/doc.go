// Package bench compares what the client of this repository costs with what its users
// would write or generate otherwise, side by side and in one run.
//
//	make bench          # ten minutes; writes RESULTS.md
//	make bench-short    # seconds; judges what is exact: allocations, requests, connections
//
// A client from another generator is added by dropping one file with one function
// into this folder, named like client_generated.go and registered in the same way:
//
//	var _ = Register("other", newOther)
//
//	func newOther(at Endpoint) (Create, error) { … }
//
// and, if it comes from another module, by "go get" in this folder, which is a module
// of its own. It is then measured in every comparison of creates. ogen/ is an example of
// a client whose code is not in the repository, but generated when it is measured.
package bench
