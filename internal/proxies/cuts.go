package main

import (
	"context"
	"math"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// cuts is a TCP proxy that ends connections after a random number of bytes.
func cuts(secure bool) func(context.Context, *stage) error {
	return func(ctx context.Context, st *stage) error {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		st.onClose(func() { l.Close() })
		target := st.server.plain
		st.baseURL = "http://" + l.Addr().String()
		if secure {
			target, st.baseURL = st.server.tls, "https://"+l.Addr().String()
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
				c := newCut(rnd, secure)
				open.Go(func() { c.serve(ctx, client.(*net.TCPConn), target) })
			}
		})
		return nil
	}
}

// cut says how a connection is to end.
type cut struct {
	up, down int64 // bytes that pass towards the server and the client
	end      func(ctx context.Context, a, b *net.TCPConn)
}

func newCut(rnd *rand.Rand, secure bool) cut {
	// From 100 bytes to 1 MB, every magnitude as likely as the others. With TLS from
	// 1,000 bytes to 10 MB: a handshake is longer, and all requests share a connection.
	least := 2.0
	if secure {
		least = 3
	}
	length := func() int64 { return int64(math.Pow(10, least+4*rnd.Float64())) }
	c := cut{up: length(), down: length()}
	stall := time.Duration(200+rnd.IntN(1800)) * time.Millisecond
	switch rnd.IntN(3) {
	case 0:
		c.end = reset
	case 1: // without a word, as after a regular end
		c.end = func(context.Context, *net.TCPConn, *net.TCPConn) {}
	case 2:
		c.end = func(ctx context.Context, a, b *net.TCPConn) {
			sleep(ctx, stall)
			reset(ctx, a, b)
		}
	}
	return c
}

func reset(_ context.Context, a, b *net.TCPConn) {
	a.SetLinger(0)
	b.SetLinger(0)
}

func (c cut) serve(ctx context.Context, client *net.TCPConn, target string) {
	defer client.Close()
	conn, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer conn.Close()
	upstream := conn.(*net.TCPConn)
	done := make(chan bool, 2) // whether the bytes were used up
	go func() { done <- pass(upstream, client, c.up) }()
	go func() { done <- pass(client, upstream, c.down) }()
	select {
	case cut := <-done:
		if cut {
			c.end(ctx, client, upstream)
		}
	case <-ctx.Done():
	}
}

// pass copies up to n bytes, and reports whether there were as many.
func pass(to, from *net.TCPConn, n int64) bool {
	buffer := make([]byte, 16<<10)
	for n > 0 {
		got, err := from.Read(buffer[:min(n, int64(len(buffer)))])
		if got > 0 {
			if _, err := to.Write(buffer[:got]); err != nil {
				return false
			}
			n -= int64(got)
		}
		if err != nil {
			return false
		}
	}
	return true
}
