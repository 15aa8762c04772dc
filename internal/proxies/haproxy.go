package main

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"
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
	bind %s ssl crt %s alpn %s
	http-request deny deny_status 403 if { rand(50) eq 0 }
	default_backend back
backend back
	server fake %s
`

const haproxyRepeats = `retries 3
	option redispatch
	retry-on all-retryable-errors`

// haproxy is killed and started again every 400 ms or so.
func haproxy(protocol, defaults string) func(context.Context, *stage) error {
	return func(ctx context.Context, st *stage) error {
		addr, err := freeAddress()
		if err != nil {
			return err
		}
		st.url = "https://" + addr
		text := fmt.Sprintf(haproxyConfig, defaults, addr, st.pem, protocol, hostOf(st.plain.URL))
		config, err := st.write("haproxy.cfg", text)
		if err != nil {
			return err
		}
		cmd, err := st.run(ctx, addr, "haproxy", "-db", "-f", config)
		if err != nil {
			return err
		}
		st.background(ctx, func(ctx context.Context, rnd *rand.Rand) {
			for sleep(ctx, time.Duration(200+rnd.IntN(400))*time.Millisecond) {
				kill(cmd)
				again, err := st.run(context.Background(), addr, "haproxy", "-db", "-f", config)
				if err != nil {
					log.Print(err)
					return
				}
				cmd = again
			}
			kill(cmd)
		})
		return nil
	}
}
