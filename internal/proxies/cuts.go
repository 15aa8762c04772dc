package main

import (
	"context"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// cuts is a TCP proxy that ends connections after a random number of bytes.
func cuts(http2 bool) func(context.Context, *stage) error {
	return func(ctx context.Context, st *stage) error {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		target := hostOf(st.plain.URL)
		st.url = "http://" + l.Addr().String()
		if http2 {
			target = hostOf(st.secure.URL)
			st.url = "https://" + l.Addr().String()
		}
		st.background(ctx, func(ctx context.Context, rnd *rand.Rand) {
			defer context.AfterFunc(ctx, func() { l.Close() })()
			var open sync.WaitGroup
			defer open.Wait()
			for {
				client, err := l.Accept()
				if err != nil {
					return
				}
				c := newCut(rnd, http2)
				open.Go(func() { c.serve(ctx, client.(*net.TCPConn), target) })
			}
		})
		return nil
	}
}

// cut says how a connection is to end.
type cut struct {
	up, down int64         // bytes that pass towards the server and the client
	stall    time.Duration // before the end
	reset    bool          // it is no regular end
}

// newCut returns a random cut: after 100 bytes to 1 MB, every magnitude as likely as the others.
// With TLS it is ten times as much: a handshake is long, and all requests share a connection.
func newCut(rnd *rand.Rand, http2 bool) cut {
	least := 2.0
	if http2 {
		least = 3
	}
	length := func() int64 { return int64(math.Pow(10, least+4*rnd.Float64())) }
	c := cut{up: length(), down: length(), reset: rnd.IntN(3) > 0}
	if rnd.IntN(3) == 0 {
		c.stall = time.Duration(200+rnd.IntN(1800)) * time.Millisecond
	}
	return c
}

func (c cut) serve(ctx context.Context, client *net.TCPConn, target string) {
	defer client.Close()
	conn, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer conn.Close()
	server := conn.(*net.TCPConn)
	ended := make(chan error, 2) // nil: the bytes are used up
	pass := func(to, from *net.TCPConn, n int64) {
		_, err := io.CopyN(to, from, n)
		ended <- err
	}
	go pass(server, client, c.up)
	go pass(client, server, c.down)
	select {
	case err := <-ended:
		if err == nil {
			sleep(ctx, c.stall)
		}
		if err == nil && c.reset {
			client.SetLinger(0)
			server.SetLinger(0)
		}
	case <-ctx.Done():
	}
}
