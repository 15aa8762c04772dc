package api

import (
	"fmt"
	"math"
	"slices"

	"github.com/google/uuid"
)

// jobSecrets is a list of the secrets that a job sees, by key.
type jobSecrets struct {
	all   []Secret
	byKey map[string][]*Secret
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
	if i := slices.IndexFunc(l.all, func(s Secret) bool { return s.ID == id }); i >= 0 {
		return &l.all[i]
	}
	return nil
}

// scopeRanks orders scopes from narrow to wide as a job sees them: the job itself, then other services
// and scopes that are not among the constants, environment, project, built-in.
var scopeRanks = map[VariableScope]int{
	VariableScopeJob: -1, VariableScopeEnvironment: 1, VariableScopeProject: 2, VariableScopeBuiltIn: 3,
}

func scopeRank(s *Secret) int { return scopeRanks[s.Scope] }

// least returns the secret of this key with the least rank, nil if there is none; of several the first.
func (l *jobSecrets) least(key string, rank func(*Secret) int) (found *Secret) {
	for _, s := range l.byKey[key] {
		if r := rank(s); r != math.MaxInt && (found == nil || r < rank(found)) {
			found = s
		}
	}
	return found
}

// narrowest returns the secret of this key with the narrowest scope.
func (l *jobSecrets) narrowest(key string) *Secret { return l.least(key, scopeRank) }

// aliasTarget returns the secret that an alias for this key points to: the narrowest that is not an
// alias, of a scope above the job's where there is one.
func (l *jobSecrets) aliasTarget(key string) *Secret {
	return l.least(key, func(s *Secret) int {
		switch {
		case IsAlias(*s):
			return math.MaxInt
		case s.Scope == VariableScopeJob:
			return math.MaxInt - 1
		}
		return scopeRank(s)
	})
}

// match grades how well a secret fits the alias asked for.
type match int

const (
	matchNone     match = iota // something else
	matchPossible              // an alias whose target is missing, which may be the one asked for
	matchTarget                // an alias of the secret asked for
)

func matchOf(s *Secret, target uuid.UUID) match {
	switch pointsTo := orZero(s.AliasedSecret).ID; {
	case pointsTo == target:
		return matchTarget
	case pointsTo != uuid.Nil, s.AliasedSecret == nil && orZero(s.VariableType).Valid() && !IsAlias(*s):
		return matchNone
	}
	return matchPossible
}

// holder returns the secret that has the key as the job sees it, nil if there is none: of several equally
// narrow ones the one most like an alias of the target.
func (l *jobSecrets) holder(key string, target uuid.UUID) *Secret {
	return l.least(key, func(s *Secret) int { return 3*scopeRank(s) - int(matchOf(s, target)) })
}

// notFound is the error for a key that no secret has, or none that an alias can point to.
func (l *jobSecrets) notFound(key string) error {
	if l.byKey[key] != nil {
		return fmt.Errorf("%w: secret %q is an alias itself, which no other alias can point to", ErrNotFound, key)
	}
	hint := ""
	if similar := l.mostSimilar(key); similar != "" {
		hint = fmt.Sprintf("; did you mean %q?", similar)
	}
	return fmt.Errorf("%w: no secret %q%s", ErrNotFound, key, hint)
}

// mostSimilar returns the key that differs least from key, in at most a third of it; empty if there is
// none. Of a list that is very long it reads the beginning.
func (l *jobSecrets) mostSimilar(key string) (similar string) {
	least := len(key)/3 + 1
	for i := range l.all[:min(len(l.all), 10_000)] {
		if d := difference(key, l.all[i].Key); d < least {
			least, similar = d, l.all[i].Key
		}
	}
	return similar
}

// difference is the length of what is left of the longer text without the beginning and the end that both
// have, in upper or lower case.
func difference(a, b string) (left int) {
	shorter, begin, end := min(len(a), len(b)), 0, 0
	for begin < shorter && a[begin]|0x20 == b[begin]|0x20 {
		begin++
	}
	for end < shorter-begin && a[len(a)-1-end]|0x20 == b[len(b)-1-end]|0x20 {
		end++
	}
	return max(len(a), len(b)) - begin - end
}
