package api_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"strings"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// traffic writes down what goes over the wire, all but the token.
type traffic struct {
	http.RoundTripper
	to io.Writer
}

func (t traffic) RoundTrip(req *http.Request) (*http.Response, error) {
	sent := req.Clone(req.Context())
	sent.Header.Del("Authorization")
	if dump, err := httputil.DumpRequestOut(sent, true); err == nil {
		t.to.Write(dump)
	}
	sent.Header = req.Header
	resp, err := t.RoundTripper.RoundTrip(sent)
	if err == nil {
		dump, _ := httputil.DumpResponse(resp, true)
		t.to.Write(dump)
	}
	return resp, err
}

// To look at the traffic, wrap the transport.
func ExampleWithHTTPClient() {
	srv := apitest.NewServer()
	defer srv.Close()
	jobID := srv.AddJob("nightly")
	secretID := srv.AddSecret(jobID, "DB_PASSWORD", api.VariableScopeEnvironment)

	var seen bytes.Buffer // or os.Stderr
	client, err := api.NewClient(api.APIToken(srv.Token()), api.WithBaseURL(srv.URL()),
		api.WithHTTPClient(&http.Client{Transport: traffic{http.DefaultTransport, &seen}}))
	if err != nil {
		panic(err)
	}
	defer client.CloseIdleConnections()
	if _, err := client.CreateJobSecretAlias(context.Background(), jobID, secretID, api.AliasRequest{Key: "PGPASSWORD"}); err != nil {
		panic(err)
	}

	for _, text := range []string{`{"key":"PGPASSWORD"}`, "201 Created", "Authorization", srv.Token()} {
		fmt.Println(strings.Contains(seen.String(), text))
	}
	// Output:
	// true
	// true
	// false
	// false
}
