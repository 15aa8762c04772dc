package api_test

// No call leaves a goroutine behind, however it ends.

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// goroutines are the stacks of those that run code of this module or of net/http.
func goroutines() []string {
	buf := make([]byte, 1<<20)
	var ours []string
	for _, stack := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(stack, "qovery-alias-go/") && !strings.Contains(stack, "testing.tRunner") || strings.Contains(stack, "net/http.") {
			ours = append(ours, stack)
		}
	}
	return ours
}

// noGoroutineLeft waits, for a goroutine takes a moment to end after what it waits
// for has happened.
func noGoroutineLeft(t *testing.T, before int) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for len(goroutines()) > before {
		if time.Now().After(deadline) {
			t.Errorf("left behind:\n\n%s", strings.Join(goroutines(), "\n\n"))
			return
		}
		runtime.Gosched()
	}
}

func TestNoGoroutineLeft(t *testing.T) {
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	before := len(goroutines())
	for name, f := range map[string]func(context.Context, *apitest.Server, *api.Client){
		"success": func(ctx context.Context, s *apitest.Server, c *api.Client) {
			job := s.AddJob("nightly")
			secret := s.AddSecret(job, "DB", api.VariableScopeProject)
			c.CreateJobSecretAlias(ctx, job, secret, api.AliasRequest{Key: aKey})
			c.EnsureJobSecretAlias(ctx, job, secret, api.AliasRequest{Key: "OTHER"})
			list, _ := c.ListJobSecrets(ctx, job)
			c.DeleteJobSecretAlias(ctx, job, list[1].ID)
		},
		"several": func(ctx context.Context, s *apitest.Server, c *api.Client) {
			job := s.AddJob("nightly")
			secret := s.AddSecret(job, "DB", api.VariableScopeProject)
			var specs []api.AliasSpec
			for _, key := range strings.Split("abcdefghijklmnopqrstuvwxyz", "") {
				specs = append(specs, api.AliasSpec{SecretID: secret, Request: api.AliasRequest{Key: key}})
			}
			s.Inject(apitest.Fault{Method: "POST", Hangup: true})
			s.Inject(apitest.Fault{Method: "POST", Status: 429})
			if _, err := c.EnsureJobSecretAliases(ctx, job, specs); matched(err) != "ErrOutcomeUnknown" {
				t.Error(err)
			}
		},
		"refused": func(ctx context.Context, s *apitest.Server, c *api.Client) {
			c.CreateJobSecretAlias(ctx, aJob, aSecret, api.AliasRequest{Key: aKey})
		},
		"reset and settled": func(ctx context.Context, s *apitest.Server, c *api.Client) {
			s.Inject(apitest.Fault{Hangup: true})
			s.Inject(apitest.Fault{Truncate: 3})
			c.CreateJobSecretAlias(ctx, aJob, aSecret, api.AliasRequest{Key: aKey})
		},
		"timeout": func(ctx context.Context, s *apitest.Server, c *api.Client) {
			s.Inject(apitest.Fault{Method: "POST", Delay: time.Hour})
			c.CreateJobSecretAlias(ctx, aJob, aSecret, api.AliasRequest{Key: aKey})
		},
		"cancelled": func(ctx context.Context, s *apitest.Server, c *api.Client) {
			s.Inject(apitest.Fault{Delay: time.Hour})
			ctx, cancel := context.WithCancel(ctx)
			go func() {
				for len(s.Requests()) == 0 {
					runtime.Gosched()
				}
				cancel()
			}()
			c.CreateJobSecretAlias(ctx, aJob, aSecret, api.AliasRequest{Key: aKey})
		},
		"cancelled while waiting": func(ctx context.Context, s *apitest.Server, c *api.Client) {
			s.Inject(apitest.Fault{Status: 429, Header: http.Header{"Retry-After": {"50"}}})
			ctx, cancel := context.WithCancel(ctx)
			go func() {
				for len(s.Requests()) == 0 {
					runtime.Gosched()
				}
				cancel()
			}()
			c.CreateJobSecretAlias(ctx, aJob, aSecret, api.AliasRequest{Key: aKey})
		},
	} {
		fake := apitest.NewServer()
		client, err := api.NewClient(api.APIToken(fake.Token()), api.WithBaseURL(fake.URL()), atOnce, api.WithAttemptTimeout(500*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		f(t.Context(), fake, client)
		client.CloseIdleConnections()
		fake.Close()
		noGoroutineLeft(t, before)
		if t.Failed() {
			t.Fatalf("after %s", name)
		}
	}
	// Connections that the client has to give up by itself.
	for _, wire := range []string{
		"", "HTTP/1.1 20", "HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{",
		"HTTP/1.1 500 Oops\r\nContent-Length: 10000000\r\n\r\n" + strings.Repeat("x", 100<<10),
		"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
	} {
		t.Run("held open", func(t *testing.T) {
			stop := make(chan struct{})
			base := rawServer(t, func(conn *net.TCPConn) {
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
					return
				}
				conn.Write([]byte(wire))
				select {
				case <-stop:
				case <-time.After(3 * time.Second):
				}
			})
			client := clientOf(t, base, api.WithAttemptTimeout(100*time.Millisecond), api.WithRetries(0))
			began := time.Now()
			if _, err := client.ListJobSecrets(t.Context(), aJob); err == nil {
				t.Error("no error")
			}
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("%.30q took %s", wire, took)
			}
			client.CloseIdleConnections()
			close(stop)
		})
	}
	noGoroutineLeft(t, before)
}
