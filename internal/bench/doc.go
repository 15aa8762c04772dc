// Command bench compares what the client of this repository costs with what its users
// would write or generate otherwise, side by side and in one run.
//
//	GOWORK=off go -C internal/bench run -mod=readonly .           # minutes; writes RESULTS.md
//	GOWORK=off go -C internal/bench run -mod=readonly . -short    # seconds; judges allocations only
//
// A client from another generator is added by dropping one file with one function
// into this folder, named like client_generated.go and registered in the same way:
//
//	var _ = register("other", newOther)
//
//	func newOther(at endpoint) (create, error) { … }
//
// and, if it comes from another module, by "go get" in this folder, which is a module
// of its own. It is then measured in every comparison of creates.
package main
