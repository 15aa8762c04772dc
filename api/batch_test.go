package api_test

import (
	"fmt"
	"maps"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// specs asks for the aliases ALIAS_0 … of the fixture's secret.
func (fx *fixture) specs(n int) (specs []api.AliasSpec) {
	for i := range n {
		req := api.AliasRequest{Key: fmt.Sprint("ALIAS_", i)}
		specs = append(specs, api.AliasSpec{SecretID: fx.secret, Request: req})
	}
	return specs
}

// wantFates checks how many results match what.
func (fx *fixture) wantFates(got []api.EnsureResult, want map[string]int) {
	fx.t.Helper()
	fates := map[string]int{}
	for _, r := range got {
		fates[matches(r.Err)]++
	}
	if !maps.Equal(fates, want) {
		fx.t.Errorf("%v, want %v", fates, want)
	}
}
