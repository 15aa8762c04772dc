package bench

import "testing"

// BenchmarkCreate is for profiles of a single contender:
//
//	go test -run - -bench 'Create/in_memory/api.Client' -cpuprofile cpu.out
func BenchmarkCreate(b *testing.B) {
	a, err := newResponses(1)
	if err != nil {
		b.Fatal(err)
	}
	for _, t := range transports {
		for _, c := range contenders() {
			b.Run(t.name+"/"+c.name, func(b *testing.B) {
				at, shut := t.open(a)
				defer shut()
				create, err := c.connect(at)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					if err := createOne(create, a); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
