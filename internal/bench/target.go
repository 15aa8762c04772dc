package bench

import "fmt"

// target is a bound on a ratio or a count.
type target struct {
	measure string
	bound   float64
	value   float64
	around  string // how sure the value is, where that is known
	exact   bool   // does not depend on how fast or busy the machine is
}

func (t target) met() bool { return t.value <= t.bound }

// allResults are those of one run.
type allResults struct {
	creates []createResult
	ensures []bulkResult
	lists   []bulkResult
	ensure  []scaleResult
	list    []scaleResult
	adverse []adverseResult
	fresh   []freshResult
	builds  []buildResult
}

// targets judges the results.
func (all *allResults) targets() []target {
	var ts []target
	for _, c := range all.creates {
		if c.atOnce == 1 {
			ts = append(ts, c.targets()...)
		}
	}
	for _, c := range all.ensures {
		if bound, ok := map[[2]string]float64{{ofOne, http2}: 1.06, {ofOne, http1}: 1.10, {ofMany, http2}: 1.10}[[2]string{c.what, c.transport}]; ok {
			ts = append(ts, timed(fmt.Sprintf("%s ensured ÷ as many hand-written POSTs, %s", c.what, c.transport), bound, c.time(ensured, posted)))
		}
	}
	for _, c := range all.lists {
		ts = append(ts, timed(fmt.Sprintf("a list of %s ÷ read and decoded by hand, %s", c.what, c.transport), 1, c.time(listed, byHand)))
	}
	for _, r := range all.fresh {
		if r.task == tasks[1].name {
			ts = append(ts, timed(r.task+" ÷ by hand: peak memory", 0.6, r.peak))
		}
		ts = append(ts, counted(fmt.Sprintf("requests for %s - by hand", r.task), 0, r.requests[1]-r.requests[0]))
	}
	for _, r := range all.adverse {
		if r.ideal > 0 && r.size == 1_000 {
			ts = append(ts, target{measure: fmt.Sprintf("%d aliases through %s ÷ ideal time", r.size, r.name), bound: 1.5, value: r.nanos / r.ideal})
		}
	}
	return append(ts, all.growth()...)
}

// targets judges a create.
func (c *createResult) targets() []target {
	var ts []target
	ratio := func(transport, base string, bound float64) {
		if c.transport == transport && c.has(base) {
			ts = append(ts, timed(fmt.Sprintf("a create ÷ %s, %s", base, transport), bound, c.time(thisClient, base)))
		}
	}
	ratio(inMemory, handWritten, 1.15)
	ratio(inMemory, bareGenerated, 1)
	ratio(http2, handWritten, 1.03)
	ratio(http2, ogenClient, 1.05)
	if c.transport == inMemory {
		allocs := c.allocs(thisClient, handWritten)
		ts = append(ts, target{measure: "allocations of a create ÷ hand-written, " + inMemory, bound: 1.25, value: allocs},
			counted("allocations of a create ÷ hand-written, in memory: not to grow", 1.4, allocs))
	}
	return ts
}

// growth judges how costs grow from 100 aliases or secrets to 10,000, and whether no
// more connections and requests are made than are needed.
func (all *allResults) growth() []target {
	each := func(results []scaleResult, i int) float64 { return results[i].allocs / float64(results[i].size) }
	some, many := 1, len(sizes)-1
	var most, further float64
	for _, r := range all.ensure {
		most = max(most, r.connections)
		further = max(further, r.requests-float64(r.size)-1)
	}
	return []target{
		counted(fmt.Sprintf("allocations for each alias ensured, of %d ÷ of %d", sizes[many], sizes[some]), 1.1, each(all.ensure, many)/each(all.ensure, some)),
		counted(fmt.Sprintf("allocations for each secret listed, of %d ÷ of %d", sizes[many], sizes[some]), 1.1, each(all.list, many)/each(all.list, some)),
		counted("connections opened to ensure any number of aliases, 8 at a time", parallel, most),
		counted("requests to ensure any number of aliases, beyond a list and one each", 0, further),
	}
}

func timed(measure string, bound float64, r ratio) target {
	return target{measure: measure, bound: bound, value: r.median, around: fmt.Sprintf("%.2f to %.2f", r.low, r.high)}
}

func counted(measure string, bound, value float64) target {
	return target{measure: measure, bound: bound, value: value, exact: true}
}
