package api

import (
	"fmt"
	"math"
	"strings"

	"github.com/google/uuid"
)

// jobSecrets is a list of the secrets that a job sees, by key.
type jobSecrets struct {
	all    []Secret
	byKey  map[string][]*Secret
	folded map[string]string // a key by its lower-case form; made when a key is missing
}

func indexSecrets(all []Secret) *jobSecrets {
	byKey := make(map[string][]*Secret, len(all))
	for i := range all {
		byKey[all[i].Key] = append(byKey[all[i].Key], &all[i])
	}
	return &jobSecrets{all: all, byKey: byKey}
}

// byID returns the secret with this id, nil if there is none.
func (l *jobSecrets) byID(id uuid.UUID) *Secret {
	for i := range l.all {
		if l.all[i].ID == id {
			return &l.all[i]
		}
	}
	return nil
}

// narrowest returns the secret of this key with the narrowest scope, nil if there is
// none; of several equally narrow ones the first.
func (l *jobSecrets) narrowest(key string) (found *Secret) {
	for _, s := range l.byKey[key] {
		if found == nil || scopeRank[s.Scope] < scopeRank[found.Scope] {
			found = s
		}
	}
	return found
}

// aliasTarget returns the secret that an alias for this key is to point to: the
// narrowest that is not an alias, of a scope above the job's where there is one.
func (l *jobSecrets) aliasTarget(key string) (found *Secret) {
	rank := func(s *Secret) int {
		if s.Scope == VariableScopeJob {
			return math.MaxInt
		}
		return scopeRank[s.Scope]
	}
	for _, s := range l.byKey[key] {
		if !isAlias(s) && (found == nil || rank(s) < rank(found)) {
			found = s
		}
	}
	return found
}

// notFound is the error for a key that no secret has, or none that an alias can point to.
func (l *jobSecrets) notFound(op *operation, key string) *Error {
	if l.byKey[key] != nil {
		return failure(op, fmt.Errorf("%w: no secret %q that an alias can point to: what has this key is an alias itself", ErrNotFound, key))
	}
	if l.folded == nil {
		l.folded = make(map[string]string, len(l.byKey))
		for k := range l.byKey {
			l.folded[strings.ToLower(k)] = k
		}
	}
	if similar, ok := l.folded[strings.ToLower(key)]; ok {
		return failure(op, fmt.Errorf("%w: no secret %q; there is %q, and keys are case sensitive", ErrNotFound, key, similar))
	}
	return failure(op, fmt.Errorf("%w: no secret %q", ErrNotFound, key))
}

// scopeRank orders scopes from narrow to wide as a job sees them: the job itself, then
// other services and scopes that are not among the constants, environment, project,
// built-in.
var scopeRank = map[VariableScope]int{VariableScopeJob: -1, VariableScopeEnvironment: 1, VariableScopeProject: 2, VariableScopeBuiltIn: 3}

// isAlias reports whether s is an alias: its type says so or, where that is missing or
// not among the constants, it names a target.
func isAlias(s *Secret) bool {
	if s.VariableType != nil && s.VariableType.Valid() {
		return *s.VariableType == VariableTypeAlias
	}
	return s.AliasedSecret != nil
}

// targetOf returns the id of the secret that an alias points to, zero where it is missing.
func targetOf(s *Secret) uuid.UUID {
	if s.AliasedSecret == nil {
		return uuid.Nil
	}
	return s.AliasedSecret.ID
}

// keyHolder says what has a key at the job, the higher the more like the alias asked for.
type keyHolder int

const (
	keyFree     keyHolder = iota
	keyTaken              // something else
	keyPossible           // an alias whose target is missing, which may be the one asked for
	keyMatches            // the alias asked for, with another description or interpolation
	keyExact              // the alias asked for
)

// holder returns the job's own secret that has the key asked for, and what it is: of
// several, what is most like the alias asked for.
func (l *jobSecrets) holder(p *aliasParams) (holder *Secret, is keyHolder) {
	for _, s := range l.byKey[p.req.Key] {
		if s.Scope != VariableScopeJob {
			continue
		}
		this := keyTaken
		switch target := targetOf(s); {
		case target == p.secretID && p.isAsSet(s):
			this = keyExact
		case target == p.secretID:
			this = keyMatches
		case target == uuid.Nil && (s.AliasedSecret != nil || s.VariableType == nil || isAlias(s) || !s.VariableType.Valid()):
			this = keyPossible
		}
		if this > is {
			holder, is = s, this
		}
	}
	return holder, is
}

// isAsSet reports whether an alias has what the request set.
func (p *aliasParams) isAsSet(alias *Secret) bool {
	want, got := p.req.Description, alias.Description
	interpolate := p.req.EnableInterpolationInFile
	return (want == nil || *want == "") == (got == nil || *got == "") && (want == nil || got == nil || *want == *got) &&
		(interpolate == nil || alias.EnableInterpolationInFile != nil && *interpolate == *alias.EnableInterpolationInFile)
}
