package main

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// setting is a way to the server.
type setting struct {
	name    string
	program string // that must be installed
	tls     bool
	start   func(context.Context, *stage) error
	repeats bool // the proxy repeats requests that may have been processed
	limits  bool // one large batch instead of many calls
}

const (
	nginxTLS       = "ssl_certificate PEM; ssl_certificate_key PEM; keepalive_requests 50;"
	nginxRepeats   = "listen ADDR; proxy_read_timeout 50ms; proxy_next_upstream error timeout non_idempotent;"
	nginxLimits    = "listen ADDR; limit_req zone=all; limit_req_status "
	haproxyRepeats = "retries 3\n\toption redispatch\n\tretry-on all-retryable-errors"
	limitRate      = 200 // requests a second
)

var settings = []setting{
	// Reloaded, and workers killed.
	{name: "nginx-h1", program: "nginx", tls: true, start: nginx("listen ADDR ssl;"+nginxTLS, true)},
	{name: "nginx-h2", program: "nginx", tls: true, start: nginx("listen ADDR ssl http2;"+nginxTLS, true)},
	// Waits 50 ms for the server, then sends the request again.
	{name: "nginx-repeat", program: "nginx", start: nginx(nginxRepeats, false), repeats: true},
	// Refuses what comes faster than limitRate.
	{name: "nginx-429", program: "nginx", start: nginx(nginxLimits+"429;", false), limits: true},
	{name: "nginx-503", program: "nginx", start: nginx(nginxLimits+"503;", false), limits: true},
	// Waits 50 ms for the server, denies one request in 50 by 403, killed and started again.
	{name: "haproxy-h1", program: "haproxy", tls: true, start: haproxy("http/1.1", "")},
	{name: "haproxy-h2", program: "haproxy", tls: true, start: haproxy("h2", "")},
	{name: "haproxy-repeat", program: "haproxy", tls: true, start: haproxy("h2", haproxyRepeats), repeats: true},
	// Cuts connections at random bytes.
	{name: "cuts-h1", start: cuts},
	{name: "cuts-h2", start: cuts, tls: true},
}

// installed reports whether the setting can run.
func (s setting) installed() bool {
	_, err := exec.LookPath(s.program)
	if err == nil || s.program == "" {
		return true
	}
	log.Printf("%s is skipped: install the Debian package %s", s.name, s.program)
	return false
}

const nginxConfig = `user root; # where it is allowed to choose
worker_processes 2;
daemon off;
pid nginx.pid;
error_log error.log;
events { worker_connections 1024; }
http {
	access_log off;
	client_body_temp_path t; proxy_temp_path t; fastcgi_temp_path t; uwsgi_temp_path t; scgi_temp_path t;
	limit_req_zone $server_name zone=all:1m rate=%dr/s;
	upstream fake {
		server SERVER max_fails=0;
		server SERVER max_fails=0;
	}
	server {
		server_name localhost;
		%s
		location / {
			proxy_pass http://fake;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
		}
	}
}
`

// nginx is nginx with directives of its server block. It may be reloaded every 300 ms, and its
// workers killed now and then.
func nginx(directives string, reload bool) func(context.Context, *stage) error {
	return func(ctx context.Context, st *stage) error {
		config, err := st.write("nginx.conf", fmt.Sprintf(nginxConfig, limitRate, directives))
		if err != nil {
			return err
		}
		cmd, err := st.run(ctx, "nginx", "-p", st.dir, "-c", config)
		if err != nil {
			return err
		}
		st.undo = append(st.undo, func() { kill(cmd) })
		st.background(ctx, func(ctx context.Context) {
			for reload && sleep(ctx, 300*time.Millisecond) {
				cmd.Process.Signal(syscall.SIGHUP)
				if rand.IntN(7) == 0 {
					killWorker(cmd.Process.Pid)
				}
			}
		})
		return nil
	}
}

// killWorker kills one of the children of a process, where the system tells which they are.
func killWorker(parent int) {
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", parent))
	workers := strings.Fields(string(children))
	if len(workers) == 0 {
		return
	}
	if pid, err := strconv.Atoi(workers[rand.IntN(len(workers))]); err == nil {
		syscall.Kill(pid, syscall.SIGKILL)
	}
}

const haproxyConfig = `global
	maxconn 2000
defaults
	mode http
	timeout connect 1s
	timeout client 10s
	timeout server 50ms
	%s
frontend front
	bind ADDR ssl crt PEM alpn %s
	http-request deny deny_status 403 if { rand(50) eq 0 }
	default_backend back
backend back
	server fake SERVER
`

// haproxy is killed and started again every 400 ms or so.
func haproxy(protocol, defaults string) func(context.Context, *stage) error {
	return func(ctx context.Context, st *stage) error {
		config, err := st.write("haproxy.cfg", fmt.Sprintf(haproxyConfig, defaults, protocol))
		if err != nil {
			return err
		}
		cmd, err := st.run(ctx, "haproxy", "-db", "-f", config)
		if err != nil {
			return err
		}
		st.background(ctx, func(ctx context.Context) {
			for err == nil && sleep(ctx, time.Duration(200+rand.IntN(400))*time.Millisecond) {
				kill(cmd)
				cmd, err = st.run(context.WithoutCancel(ctx), "haproxy", "-db", "-f", config)
			}
			if err != nil {
				log.Print(err)
				return
			}
			kill(cmd)
		})
		return nil
	}
}
