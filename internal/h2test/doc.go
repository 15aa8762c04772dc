// Package h2test is an HTTP/2 server for tests. It speaks just enough of RFC 9113 to end
// streams and connections in any way, and is a Qovery with one job, whose aliases it
// creates as often as it is asked to: what takes effect twice is there twice.
package h2test
