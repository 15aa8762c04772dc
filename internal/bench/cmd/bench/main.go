// Command bench measures all clients whose code is in the repository.
package main

import "github.com/qovery-alias/qovery-alias-go/internal/bench"

func main() { bench.Main() }
