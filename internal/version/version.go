// Package version tells which version of this module a program was built with.
package version

import (
	"runtime/debug"
	"sync"
)

const path = "github.com/qovery-alias/qovery-alias-go"

// Module is the version without its v, such as 0.1.0, or devel where the build does
// not record one.
var Module = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return devel
	}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path == path && len(m.Version) > 1 && m.Version[0] == 'v' {
			return m.Version[1:]
		}
	}
	return devel
})

const devel = "devel"
