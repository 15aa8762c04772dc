package api_test

// Servers that keep a client waiting, in virtual time: a network in memory, since
// the clock of a synctest bubble stands still while a real connection waits.

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// inMemory makes a client whose connections are served by reply, one request each.
func inMemory(t *testing.T, reply func(conn net.Conn, r *http.Request)) api.Option {
	var open sync.WaitGroup
	t.Cleanup(open.Wait)
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			conn, served := net.Pipe()
			open.Go(func() {
				defer served.Close()
				r, err := http.ReadRequest(bufio.NewReader(served))
				if err == nil {
					io.Copy(io.Discard, r.Body)
					reply(served, r)
				}
			})
			return conn, nil
		},
	}
	return api.WithHTTPClient(&http.Client{Transport: transport})
}

const inMemoryURL = "http://127.0.0.1"

func send(conn net.Conn, status int, body string) {
	fmt.Fprintf(conn, "HTTP/1.1 %d X\r\nX-Request-Id: req-1\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
}

// drip sends one byte a second until the client has gone.
func drip(conn net.Conn, text string) {
	for i := range len(text) {
		if _, err := conn.Write([]byte{text[i]}); err != nil {
			return
		}
		time.Sleep(time.Second)
	}
}

// hold waits for the client to go, for an hour at the most.
func hold(conn net.Conn) {
	conn.SetReadDeadline(time.Now().Add(time.Hour))
	io.Copy(io.Discard, conn)
}

// Each attempt has a deadline, which covers the body: no server can hold a caller
// for longer. What it has sent before counts: the status, if that was whole.
func TestServersThatNeverFinish(t *testing.T) {
	slow := strings.Repeat(" ", 10000)
	for name, c := range map[string]struct {
		reply   func(conn net.Conn)
		matches string
		status  int
		reason  string
	}{
		"no headers":   {hold, "ErrOutcomeUnknown", 0, "no complete answer within 30s"},
		"half headers": {func(conn net.Conn) { io.WriteString(conn, "HTTP/1.1 201 Created\r\nX:"); hold(conn) }, "ErrOutcomeUnknown", 0, "no complete answer within 30s"},
		"dripping headers": {func(conn net.Conn) {
			drip(conn, "HTTP/1.1 201 Created\r\nX: "+slow)
		}, "ErrOutcomeUnknown", 0, "no complete answer within 30s"},
		"no body": {func(conn net.Conn) {
			io.WriteString(conn, "HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n")
			hold(conn)
		}, "ErrOutcomeUnknown ErrUnexpectedResponse", 201, "no complete answer within 30s"},
		"dripping body": {func(conn net.Conn) {
			fmt.Fprintf(conn, "HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n", len(slow))
			drip(conn, slow)
		}, "ErrOutcomeUnknown ErrUnexpectedResponse", 201, "no complete answer within 30s"},
		"dripping chunks": {func(conn net.Conn) {
			io.WriteString(conn, "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n")
			for {
				if _, err := io.WriteString(conn, "1\r\n \r\n"); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}, "ErrOutcomeUnknown ErrUnexpectedResponse", 201, "no complete answer within 30s"},
		"dripping 500": {func(conn net.Conn) {
			fmt.Fprintf(conn, "HTTP/1.1 500 Oops\r\nContent-Length: %d\r\n\r\n", len(slow))
			drip(conn, slow)
		}, "ErrOutcomeUnknown ErrServer", 500, "server error"},
		"dripping 404": {func(conn net.Conn) {
			fmt.Fprintf(conn, "HTTP/1.1 404 No\r\nContent-Length: %d\r\n\r\n", len(slow))
			drip(conn, slow)
		}, "ErrNotFound", 404, "not found"},
		"early hints without end": {func(conn net.Conn) {
			for {
				if _, err := io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\n\r\n"); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}, "ErrOutcomeUnknown", 0, ""},
		// net/http hands the connection over together with a 101, and from then on
		// the context no longer ends it.
		"another protocol": {func(conn net.Conn) {
			io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
			hold(conn)
		}, "ErrOutcomeUnknown ErrUnexpectedResponse", 101, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, listed := range []bool{true, false} {
				synctest.Test(t, func(t *testing.T) {
					var creates atomic.Int32
					client := clientOf(t, inMemoryURL, inMemory(t, func(conn net.Conn, r *http.Request) {
						switch {
						case r.Method == "POST":
							creates.Add(1)
							c.reply(conn)
						case listed:
							send(conn, 200, results(alias()))
						default:
							send(conn, 200, results())
						}
					}))
					began := time.Now()
					s, err := create(t, client)
					if took := time.Since(began); took > 31*time.Second {
						t.Errorf("took %s", took)
					}
					if creates.Load() != 1 {
						t.Errorf("%d creates", creates.Load())
					}
					if listed && c.matches != "ErrNotFound" {
						if err != nil || s.ID != anAlias {
							t.Errorf("got %v, %v", s, err)
						}
						return
					}
					e := failure(t, err, creating)
					if matched(err) != c.matches || e.StatusCode != c.status || !strings.Contains(err.Error(), c.reason) {
						t.Errorf("matches %q: %v", matched(err), err)
					}
					if errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("the caller's context is not over: %v", err)
					}
				})
			}
		})
	}
}

// A list is asked for again, and then the cause is told.
func TestListsThatNeverFinish(t *testing.T) {
	for name, wire := range map[string]string{
		"no headers":       "",
		"no body":          "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
		"another protocol": "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := clientOf(t, inMemoryURL, api.WithAttemptTimeout(time.Second), inMemory(t, func(conn net.Conn, _ *http.Request) {
					io.WriteString(conn, wire)
					hold(conn)
				}))
				began := time.Now()
				_, err := client.ListJobSecrets(t.Context(), aJob)
				failure(t, err, listing)
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("took %s", took)
				}
			})
		})
	}
}

// The attempt ends early enough to find out, before the deadline of the caller,
// what has become of it.
func TestDeadlineLeavesTimeToSettle(t *testing.T) {
	for deadline, attempt := range map[time.Duration]time.Duration{
		8 * time.Second:            6 * time.Second,
		time.Minute:                30 * time.Second,
		100 * 365 * 24 * time.Hour: 30 * time.Second, // what some write for "no deadline"
		1<<63 - 1:                  30 * time.Second,
	} {
		t.Run(deadline.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := clientOf(t, inMemoryURL, inMemory(t, func(conn net.Conn, r *http.Request) {
					if r.Method == "POST" {
						hold(conn)
					}
					send(conn, 200, results(alias()))
				}))
				ctx, cancel := context.WithTimeout(t.Context(), deadline)
				defer cancel()
				began := time.Now()
				s, err := client.CreateJobSecretAlias(ctx, aJob, aSecret, api.AliasRequest{Key: aKey})
				if took := time.Since(began); err != nil || s.ID != anAlias || took != attempt {
					t.Errorf("after %s: %v, %v", took, s, err)
				}
			})
		})
	}
}

// Once the context is over, the call returns at that moment, and says what is known.
func TestContextOver(t *testing.T) {
	type call func(context.Context, *api.Client) error
	creates := call(func(ctx context.Context, c *api.Client) error {
		_, err := c.CreateJobSecretAlias(ctx, aJob, aSecret, api.AliasRequest{Key: aKey})
		return err
	})
	lists := call(func(ctx context.Context, c *api.Client) error {
		_, err := c.ListJobSecrets(ctx, aJob)
		return err
	})
	t.Run("before sending", func(t *testing.T) {
		client := clientOf(t, inMemoryURL, over(func(*http.Request) (*http.Response, error) {
			t.Error("sent")
			return nil, errors.New("x")
		}))
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		late, cancel := context.WithTimeout(t.Context(), -1)
		defer cancel()
		for name, call := range map[string]call{creating: creates, listing: lists} {
			for _, ctx := range []context.Context{cancelled, late} {
				err := call(ctx, client)
				if e := failure(t, err, name); matched(err) != "ErrNotSent" || !errors.Is(err, ctx.Err()) || e.StatusCode != 0 {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	})
	t.Run("while the token is fetched", func(t *testing.T) {
		for name, call := range map[string]call{creating: creates, listing: lists} {
			ctx, cancel := context.WithCancel(t.Context())
			client, err := api.NewClient(api.BearerTokenSource(func(context.Context) (string, error) {
				cancel()
				return "late", nil
			}), api.WithBaseURL(inMemoryURL), over(func(*http.Request) (*http.Response, error) {
				t.Error("sent")
				return nil, errors.New("x")
			}))
			if err != nil {
				t.Fatal(err)
			}
			if err := call(ctx, client); matched(err) != "ErrNotSent" || !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	wires := map[string]string{
		"waiting for the headers": "",
		"in the headers":          "HTTP/1.1 20",
		"in the body":             "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
	}
	for name, wire := range wires {
		t.Run(name, func(t *testing.T) {
			for _, c := range []struct {
				call      call
				matches   string
				operation string
			}{{creates, "ErrOutcomeUnknown", creating}, {lists, "", listing}} {
				synctest.Test(t, func(t *testing.T) {
					client := clientOf(t, inMemoryURL, inMemory(t, func(conn net.Conn, r *http.Request) {
						sent := wire
						if c.operation == creating {
							sent = strings.Replace(wire, "200 OK", "201 Created", 1)
						}
						io.WriteString(conn, sent)
						hold(conn)
					}))
					ctx, cancel := context.WithCancel(t.Context())
					time.AfterFunc(5*time.Second, cancel)
					began := time.Now()
					err := c.call(ctx, client)
					failure(t, err, c.operation)
					if took := time.Since(began); took != 5*time.Second {
						t.Errorf("%s took %s", c.operation, took)
					}
					if !strings.HasPrefix(matched(err), c.matches) || !errors.Is(err, context.Canceled) {
						t.Errorf("%s: matches %q: %v", c.operation, matched(err), err)
					}
				})
			}
		})
	}
	t.Run("while dialling", func(t *testing.T) {
		for name, call := range map[string]call{creating: creates, listing: lists} {
			synctest.Test(t, func(t *testing.T) {
				client := clientOf(t, inMemoryURL, api.WithHTTPClient(&http.Client{Transport: &http.Transport{
					DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
						<-ctx.Done()
						return nil, ctx.Err()
					},
				}}))
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(5*time.Second, cancel)
				began := time.Now()
				err := call(ctx, client)
				failure(t, err, name)
				if took := time.Since(began); took != 5*time.Second || matched(err) != "ErrNotSent" || !errors.Is(err, context.Canceled) {
					t.Errorf("%s took %s: %v", name, took, err)
				}
			})
		}
	})
	// A cause of one's own does not hide that the context was cancelled.
	t.Run("with a cause", func(t *testing.T) {
		cause := errors.New("shutting down")
		for name, call := range map[string]call{creating: creates, listing: lists} {
			synctest.Test(t, func(t *testing.T) {
				client := clientOf(t, inMemoryURL, inMemory(t, func(conn net.Conn, _ *http.Request) { hold(conn) }))
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(cause) })
				if err := call(ctx, client); !errors.Is(err, context.Canceled) {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
	})
	// net/http's errors may be lost to hiding the token, the context's must not be.
	t.Run("with a transport that tells the token", func(t *testing.T) {
		for name, call := range map[string]call{creating: creates, listing: lists} {
			synctest.Test(t, func(t *testing.T) {
				client := clientOf(t, inMemoryURL, over(func(r *http.Request) (*http.Response, error) {
					<-r.Context().Done()
					return nil, fmt.Errorf("%v: %w", r.Header, r.Context().Err())
				}))
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				<-time.After(0)
				time.AfterFunc(500*time.Millisecond, cancel)
				if err := call(ctx, client); !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), plantedToken) {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
	})
}

// Where no connection comes about in time, nothing was sent, and it is said so.
func TestNoConnectionInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int32
		client := clientOf(t, inMemoryURL, attempts(&sent), api.WithHTTPClient(&http.Client{Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			},
		}}))
		began := time.Now()
		_, err := create(t, client)
		if took := time.Since(began); took != 2*time.Minute || sent.Load() != 4 {
			t.Errorf("%d attempts took %s", sent.Load(), took)
		}
		if matched(err) != "ErrNotSent" || !strings.Contains(err.Error(), "no connection within 30s") {
			t.Errorf("got %v", err)
		}
	})
}
