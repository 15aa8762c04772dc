package main

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

const haproxyConfig = `global
	maxconn 2000
defaults
	mode http
	timeout connect 1s
	timeout client 10s
	timeout server 50ms
	%s
frontend front
	bind %s ssl crt %s alpn h2,http/1.1
	http-request deny deny_status 403 if { rand(50) eq 0 }
	default_backend back
backend back
	server fake %s
`

const haproxyReplay = `retries 3
	option redispatch
	retry-on all-retryable-errors`

// haproxy is killed and started again every 400 ms or so.
func haproxy(defaults string) func(context.Context, *stage) error {
	return func(ctx context.Context, st *stage) error {
		addr, err := freeAddress()
		if err != nil {
			return err
		}
		st.baseURL = "https://" + addr
		config := filepath.Join(st.dir, "haproxy.cfg")
		text := fmt.Sprintf(haproxyConfig, defaults, addr, st.certs.both, st.server.plain)
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			return err
		}
		start := func() (*process, error) {
			return startProcess(ctx, addr, filepath.Join(st.dir, "haproxy.log"), "haproxy", "-db", "-f", config)
		}
		p, err := start()
		if err != nil {
			return err
		}
		st.onClose(func() {
			if p != nil {
				p.kill()
			}
		})
		st.background(ctx, func(ctx context.Context, rnd *rand.Rand) {
			for sleep(ctx, time.Duration(200+rnd.IntN(400))*time.Millisecond) {
				killed := time.Now()
				p.kill()
				p, err = start()
				st.down += time.Since(killed)
				if err != nil && ctx.Err() == nil {
					log.Print(err)
				}
				if p == nil {
					return
				}
			}
		})
		return nil
	}
}
