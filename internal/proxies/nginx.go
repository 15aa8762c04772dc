package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const limitRate = 200 // requests a second

const nginxConfig = `%[1]s
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
	limit_req_zone $server_name zone=all:1m rate=%[2]dr/s;
	upstream fake {
		server %[3]s max_fails=0;
		server %[3]s max_fails=0;
	}
	server {
		server_name localhost;
		%[4]s
		location / {
			proxy_pass http://fake;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
		}
	}
}
`

// nginx starts nginx with directives of its server block.
func (st *stage) nginx(ctx context.Context, addr, directives string) (*exec.Cmd, error) {
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;"
	}
	config, err := st.write("nginx.conf", fmt.Sprintf(nginxConfig, user, limitRate, hostOf(st.plain.URL), directives))
	if err != nil {
		return nil, err
	}
	cmd, err := st.run(ctx, addr, "nginx", "-p", st.dir, "-c", config)
	if err == nil {
		st.undo = append(st.undo, func() { kill(cmd) })
	}
	return cmd, err
}

// nginxReloaded is nginx that is reloaded all the time, and whose workers are killed.
func nginxReloaded(protocol string) func(context.Context, *stage) error {
	return func(ctx context.Context, st *stage) error {
		addr, err := freeAddress()
		if err != nil {
			return err
		}
		st.url = "https://" + addr
		cmd, err := st.nginx(ctx, addr, fmt.Sprintf("listen %s ssl %s; ssl_certificate %[3]s; ssl_certificate_key %[3]s; "+
			"keepalive_requests 50; proxy_next_upstream off;", addr, protocol, st.pem))
		if err != nil {
			return err
		}
		st.background(ctx, func(ctx context.Context, rnd *rand.Rand) {
			for sleep(ctx, 300*time.Millisecond) {
				cmd.Process.Signal(syscall.SIGHUP)
				if rnd.IntN(7) == 0 {
					killWorker(cmd.Process.Pid, rnd)
				}
			}
		})
		return nil
	}
}

// killWorker kills one of the children of a process, where the system tells which they are.
func killWorker(parent int, rnd *rand.Rand) {
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", parent))
	workers := strings.Fields(string(children))
	if len(workers) == 0 {
		return
	}
	if pid, err := strconv.Atoi(workers[rnd.IntN(len(workers))]); err == nil {
		syscall.Kill(pid, syscall.SIGKILL)
	}
}

// nginxRepeats is nginx that sends a request again to which the server does not respond at once.
func nginxRepeats(ctx context.Context, st *stage) error {
	addr, err := freeAddress()
	if err != nil {
		return err
	}
	st.url = "http://" + addr
	_, err = st.nginx(ctx, addr, fmt.Sprintf("listen %s; proxy_read_timeout 50ms; "+
		"proxy_next_upstream error timeout non_idempotent;", addr))
	return err
}

// nginxLimits is nginx that refuses, by a status, what comes faster than limitRate.
func nginxLimits(status int) func(context.Context, *stage) error {
	return func(ctx context.Context, st *stage) error {
		addr, err := freeAddress()
		if err != nil {
			return err
		}
		st.url = "http://" + addr
		_, err = st.nginx(ctx, addr, fmt.Sprintf("listen %s; limit_req zone=all; limit_req_status %d;", addr, status))
		return err
	}
}
