// Package resolve finds secrets by key among those a job can see.
package resolve

import (
	"fmt"
	"strings"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

// Rank orders scopes from narrow to wide as a job sees them: 0 for the job itself,
// then other services and scopes unknown to us, environment, project, built-in.
func Rank(scope generated.VariableScope) int {
	switch scope {
	case generated.VariableScopeJob:
		return 0
	case generated.VariableScopeEnvironment:
		return 2
	case generated.VariableScopeProject:
		return 3
	case generated.VariableScopeBuiltIn:
		return 4
	default:
		return 1
	}
}

// IsAlias reports whether s is an alias: its type says so or, where that is absent
// or unknown to us, it names a secret behind it.
func IsAlias(s *generated.Secret) bool {
	if s.VariableType != nil && s.VariableType.Valid() {
		return *s.VariableType == generated.VariableTypeAlias
	}
	return s.AliasedSecret != nil
}

// Narrowest returns the secret of this key with the narrowest scope, nil if there
// is none; of several equally narrow ones the first.
func Narrowest(secrets []generated.Secret, key string) *generated.Secret {
	var found *generated.Secret
	for i := range secrets {
		if s := &secrets[i]; s.Key == key && (found == nil || Rank(s.Scope) < Rank(found.Scope)) {
			found = s
		}
	}
	return found
}

// Target returns the secret that an alias for this key is to point to: the
// narrowest that is no alias, of a scope above the job's where there is one; nil
// if there is none.
func Target(secrets []generated.Secret, key string) *generated.Secret {
	var above, own []generated.Secret
	for _, s := range secrets {
		switch {
		case s.Key != key || IsAlias(&s):
		case s.Scope == generated.VariableScopeJob:
			own = append(own, s)
		default:
			above = append(above, s)
		}
	}
	if len(above) > 0 {
		return Narrowest(above, key)
	}
	return Narrowest(own, key)
}

// Unknown says why no secret of this key serves: there is none, though perhaps one
// that differs in case, or all there is cannot be the target of an alias.
func Unknown(secrets []generated.Secret, key string) string {
	similar := ""
	for i := range secrets {
		switch s := &secrets[i]; {
		case s.Key == key:
			return fmt.Sprintf("no secret %q but an alias of that key, and an alias cannot point to another", key)
		case strings.EqualFold(s.Key, key):
			similar = s.Key
		}
	}
	if similar != "" {
		return fmt.Sprintf("no secret %q; there is %q, and keys are case sensitive", key, similar)
	}
	return fmt.Sprintf("no secret %q", key)
}
