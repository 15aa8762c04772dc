package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	reloadEvery = 300 * time.Millisecond
	limitRate   = 200 // requests a second
)

const nginxConfig = `%s
worker_processes 2;
daemon off;
pid nginx.pid;
error_log error.log;
events { worker_connections 1024; }
http {
	access_log off;
	client_body_temp_path body;
	proxy_temp_path proxy;
	fastcgi_temp_path fastcgi;
	uwsgi_temp_path uwsgi;
	scgi_temp_path scgi;
	limit_req_zone $server_name zone=all:1m rate=%dr/s;
	server {
		server_name localhost;
		%s
		location / {
			proxy_pass http://%s;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
		}
	}
}
`

// startNginx starts nginx with directives of its server block.
func startNginx(ctx context.Context, st *stage, addr, directives string) (*process, error) {
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;"
	}
	config := filepath.Join(st.dir, "nginx.conf")
	text := fmt.Sprintf(nginxConfig, user, limitRate, directives, st.server.plain)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return startProcess(ctx, addr, filepath.Join(st.dir, "nginx.log"), "nginx", "-p", st.dir, "-c", config)
}

// nginxH2 is nginx that is reloaded all the time.
func nginxH2(ctx context.Context, st *stage) error {
	addr, err := freeAddress()
	if err != nil {
		return err
	}
	st.baseURL = "https://" + addr
	p, err := startNginx(ctx, st, addr, fmt.Sprintf(
		"listen %s ssl http2; ssl_certificate %s; ssl_certificate_key %s; keepalive_requests 50;",
		addr, st.certs.cert, st.certs.key))
	if err != nil {
		return err
	}
	st.onClose(p.kill)
	st.background(ctx, func(ctx context.Context, rnd *rand.Rand) {
		for sleep(ctx, reloadEvery) {
			p.cmd.Process.Signal(syscall.SIGHUP) // what nginx -s reload does
			if rnd.IntN(7) == 0 {
				killWorker(p.cmd.Process.Pid, rnd)
			}
		}
	})
	return nil
}

// nginxLimit is nginx that refuses, by a status, what comes faster than limitRate.
func nginxLimit(status int) func(context.Context, *stage) error {
	return func(ctx context.Context, st *stage) error {
		addr, err := freeAddress()
		if err != nil {
			return err
		}
		st.baseURL = "http://" + addr
		p, err := startNginx(ctx, st, addr, fmt.Sprintf("listen %s; limit_req zone=all; limit_req_status %d;", addr, status))
		if err != nil {
			return err
		}
		st.onClose(p.kill)
		return nil
	}
}
