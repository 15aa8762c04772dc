package main

import (
	"context"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"time"
)

// cuts is a TCP proxy that ends connections after a random number of bytes.
func cuts(ctx context.Context, st *stage) error {
	l, err := net.Listen("tcp", st.addr)
	if err != nil {
		return err
	}
	target, least := st.plain.Listener.Addr().String(), 100.0
	if strings.HasPrefix(st.url, "https:") { // a handshake is long, and all requests share a connection
		target, least = st.secure.Listener.Addr().String(), 1000
	}
	st.background(ctx, func(ctx context.Context) {
		defer context.AfterFunc(ctx, func() { l.Close() })()
		var open sync.WaitGroup
		defer open.Wait()
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() { cut(ctx, client.(*net.TCPConn), target, least) })
		}
	})
	return nil
}

// cut serves a connection for at least some bytes and at most 10,000 times as many, every
// magnitude as likely as the others, and then ends it, by a reset or not, at once or not.
func cut(ctx context.Context, client *net.TCPConn, target string, least float64) {
	defer client.Close()
	conn, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer conn.Close()
	server := conn.(*net.TCPConn)
	usedUp := make(chan bool, 2)
	pass := func(to, from *net.TCPConn) {
		_, err := io.CopyN(to, from, int64(least*math.Pow(10, 4*rand.Float64())))
		usedUp <- err == nil
	}
	go pass(server, client)
	go pass(client, server)
	select {
	case <-ctx.Done():
		return
	case cut := <-usedUp:
		if !cut {
			return
		}
	}
	if rand.IntN(3) == 0 {
		sleep(ctx, time.Duration(200+rand.IntN(1800))*time.Millisecond)
	}
	if rand.IntN(3) > 0 {
		client.SetLinger(0)
		server.SetLinger(0)
	}
}
