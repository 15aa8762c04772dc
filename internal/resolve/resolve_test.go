package resolve

// Which secret a key means.

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

func secret(key string, scope generated.VariableScope, kind generated.VariableType) generated.Secret {
	s := generated.Secret{ID: uuid.New(), Key: key, Scope: scope}
	if kind != "" {
		s.VariableType = &kind
	}
	return s
}

func TestNarrowest(t *testing.T) {
	narrowToWide := []generated.VariableScope{"JOB", "APPLICATION", "ENVIRONMENT", "PROJECT", "BUILT_IN"}
	var all []generated.Secret
	for _, scope := range narrowToWide {
		all = append(all, secret("other", "JOB", "VALUE"), secret("KEY", scope, "VALUE"), secret("key", "JOB", "VALUE"))
	}
	slices.Reverse(all)
	for _, scope := range narrowToWide {
		found := Narrowest(all, "KEY")
		if found == nil || found.Scope != scope {
			t.Fatalf("found %+v, want scope %s", found, scope)
		}
		all = slices.DeleteFunc(all, func(s generated.Secret) bool { return s.ID == found.ID })
	}
	if found := Narrowest(all, "KEY"); found != nil {
		t.Errorf("found %+v", found)
	}
	// Other services and scopes nobody knows yet are as narrow as each other.
	for _, scope := range []generated.VariableScope{"APPLICATION", "CONTAINER", "HELM", "TERRAFORM", "AGENTIC_WORKFLOW", "GALAXY", ""} {
		if Rank(scope) != 1 {
			t.Errorf("%q: %d", scope, Rank(scope))
		}
	}
	// It is the one in the list, not a copy, and of equals the first.
	twins := []generated.Secret{secret("KEY", "HELM", ""), secret("KEY", "GALAXY", "")}
	if Narrowest(twins, "KEY") != &twins[0] {
		t.Error("not the first")
	}
}

func TestIsAlias(t *testing.T) {
	for _, c := range []struct {
		kind   generated.VariableType
		target bool
		want   bool
	}{
		{"ALIAS", true, true}, {"ALIAS", false, true}, {"VALUE", false, false}, {"VALUE", true, false}, {"OVERRIDE", true, false},
		{"", true, true}, {"", false, false}, {"NEW", true, true}, {"NEW", false, false},
	} {
		s := secret("KEY", "JOB", c.kind)
		if c.target {
			s.AliasedSecret = &generated.SecretReference{}
		}
		if IsAlias(&s) != c.want {
			t.Errorf("type %q, with a target %t: %t", c.kind, c.target, !c.want)
		}
	}
}

func TestTarget(t *testing.T) {
	for name, c := range map[string]struct {
		secrets []generated.Secret
		want    int // -1: none
	}{
		"none":                   {nil, -1},
		"other key":              {[]generated.Secret{secret("key", "PROJECT", "VALUE")}, -1},
		"the only one":           {[]generated.Secret{secret("KEY", "PROJECT", "VALUE")}, 0},
		"narrowest":              {[]generated.Secret{secret("KEY", "PROJECT", "VALUE"), secret("KEY", "ENVIRONMENT", "VALUE")}, 1},
		"above the job's":        {[]generated.Secret{secret("KEY", "JOB", "VALUE"), secret("KEY", "BUILT_IN", "BUILT_IN")}, 1},
		"the job's, if no other": {[]generated.Secret{secret("KEY", "JOB", "VALUE")}, 0},
		"never an alias":         {[]generated.Secret{secret("KEY", "JOB", "ALIAS"), secret("KEY", "ENVIRONMENT", "ALIAS")}, -1},
		"rather wide than alias": {[]generated.Secret{secret("KEY", "ENVIRONMENT", "ALIAS"), secret("KEY", "BUILT_IN", "BUILT_IN")}, 1},
		"an override is none":    {[]generated.Secret{secret("KEY", "ENVIRONMENT", "OVERRIDE")}, 0},
	} {
		got := Targets(c.secrets)["KEY"]
		if (got == nil) != (c.want < 0) || got != nil && got.ID != c.secrets[c.want].ID {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestUnknown(t *testing.T) {
	secrets := []generated.Secret{secret("DB_URL", "JOB", "VALUE"), secret("Db_Password", "JOB", "VALUE")}
	if got := Unknown(secrets, "DB_PASSWORD"); !strings.Contains(got, `"DB_PASSWORD"`) || !strings.Contains(got, `"Db_Password"`) || !strings.Contains(got, "case") {
		t.Error(got)
	}
	if got := Unknown(secrets, "DB"); got != `no secret "DB"` {
		t.Error(got)
	}
	if got := Unknown(nil, "a\x1bb"); strings.ContainsRune(got, '\x1b') {
		t.Errorf("%q", got)
	}
}
