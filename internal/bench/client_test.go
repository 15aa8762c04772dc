package bench

import (
	"context"
	"net/http"
	"testing"
)

// A contender that does not do the whole of the work would win.
func TestContenders(t *testing.T) {
	a, err := newResponses(1)
	if err != nil {
		t.Fatal(err)
	}
	for _, way := range transports {
		for _, c := range contenders() {
			t.Run(way.name+"/"+c.name, func(t *testing.T) {
				at, shut := way.open(a)
				defer shut()
				create, err := c.connect(at)
				if err != nil {
					t.Fatal(err)
				}
				if err := createOne(create, a); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestContendersReportFailure(t *testing.T) {
	a, err := newResponses(1)
	if err != nil {
		t.Fatal(err)
	}
	s := startHTTP1(a)
	defer s.Close()
	for _, c := range contenders() {
		create, err := c.connect(Endpoint{s.URL, "not-the-token", http.DefaultClient})
		if err != nil {
			t.Fatal(err)
		}
		_, err = create(context.Background(), a.job, a.secrets[0].ID, aliasKey(0))
		if err == nil {
			t.Errorf("%s: no error for a 401", c.name)
		}
	}
}
