package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func TestFakeAddresses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	f := newFixture(t)
	f.fails(f.run("fake", "--addr", taken.Addr().String()), 1, "address already in use", "choose another --addr")
	f.fails(f.run("fake", "--addr", "127.0.0.1:99999"), 1, "choose another --addr")

	for _, addr := range []string{"127.0.0.1:0", "localhost:0", ":0"} {
		t.Run(addr, func(t *testing.T) {
			f := newFixture(t)
			ctx, interrupt := context.WithCancel(context.Background())
			defer interrupt()
			r, w := io.Pipe()
			code := make(chan int)
			go func() {
				var stderr strings.Builder
				defer func() { t.Log(stderr.String()) }()
				code <- run(ctx, []string{"fake", "--addr", addr}, w, &stderr)
			}()
			env := readEnv(t, r)
			for name, value := range env {
				t.Setenv(name, value)
			}
			f.token = env["QOVERY_API_TOKEN"]
			out := f.succeeds(f.run("list", "--job", env["JOB_ID"]))
			for _, want := range []string{env["SECRET_ID"], " ENVIRONMENT ", " PROJECT ", " BUILT_IN ", " ALIAS "} {
				if !strings.Contains(out, want) {
					t.Errorf("no %q in\n%s", want, out)
				}
			}
			interrupt()
			select {
			case got := <-code:
				if got != 0 {
					t.Errorf("exit code %d", got)
				}
			case <-time.After(5 * time.Second):
				t.Fatal("does not end")
			}
		})
	}
}

// readEnv reads what fake prints first, and that comments follow.
func readEnv(t *testing.T, r io.Reader) map[string]string {
	t.Helper()
	env := map[string]string{}
	lines := bufio.NewScanner(r)
	for _, want := range []string{"QOVERY_API_URL", "QOVERY_API_TOKEN", "JOB_ID", "SECRET_ID"} {
		if !lines.Scan() {
			t.Fatalf("the output ends before %s: %v", want, lines.Err())
		}
		name, value, _ := strings.Cut(lines.Text(), "=")
		if name != want || value == "" {
			t.Fatalf("%q is not %s", lines.Text(), want)
		}
		env[name] = value
	}
	for n := range 5 {
		if !lines.Scan() || !strings.HasPrefix(lines.Text(), "# ") {
			t.Fatalf("comment %d is %q", n, lines.Text())
		}
	}
	return env
}
