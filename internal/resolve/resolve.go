// Package resolve finds secrets by key among those a job can see.
package resolve

import (
	"fmt"
	"math"
	"strings"

	"github.com/google/uuid"

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

// Aliased returns the id of the secret behind an alias, zero where it is not told.
func Aliased(s *generated.Secret) uuid.UUID {
	if s.AliasedSecret == nil {
		return uuid.Nil
	}
	return s.AliasedSecret.ID
}

// IsNot reports whether s is certainly no alias of target. An alias whose target the
// server does not tell may be one.
func IsNot(s *generated.Secret, target uuid.UUID) bool {
	if aliased := Aliased(s); aliased != uuid.Nil {
		return aliased != target
	}
	return s.VariableType != nil && s.VariableType.Valid() && *s.VariableType != generated.VariableTypeAlias
}

// Own indexes by key the secrets that the job itself defines.
func Own(secrets []generated.Secret) map[string]*generated.Secret {
	own := make(map[string]*generated.Secret)
	for i := range secrets {
		if s := &secrets[i]; s.Scope == generated.VariableScopeJob && own[s.Key] == nil {
			own[s.Key] = s
		}
	}
	return own
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

// Targets returns by key the secret that an alias for that key is to point to: the
// narrowest that is no alias, of a scope above the job's where there is one. One
// whose id the list does not tell cannot be pointed to.
func Targets(secrets []generated.Secret) map[string]*generated.Secret {
	targets := make(map[string]*generated.Secret)
	for i := range secrets {
		s := &secrets[i]
		if IsAlias(s) || s.ID == uuid.Nil {
			continue
		}
		if t := targets[s.Key]; t == nil || targetRank(s.Scope) < targetRank(t.Scope) {
			targets[s.Key] = s
		}
	}
	return targets
}

// targetRank is Rank, except that the job's own scope comes last.
func targetRank(scope generated.VariableScope) int {
	if scope == generated.VariableScopeJob {
		return math.MaxInt
	}
	return Rank(scope)
}

// Unknown says why no secret of this key serves: there is none, though perhaps one
// that differs in case, or those there are cannot be the target of an alias.
func Unknown(secrets []generated.Secret, key string) string {
	similar := ""
	for i := range secrets {
		switch s := &secrets[i]; {
		case s.Key == key:
			return fmt.Sprintf("no secret %q that an alias can point to: what has this key is an alias itself, or has no id", key)
		case strings.EqualFold(s.Key, key):
			similar = s.Key
		}
	}
	if similar != "" {
		return fmt.Sprintf("no secret %q; there is %q, and keys are case sensitive", key, similar)
	}
	return fmt.Sprintf("no secret %q", key)
}
