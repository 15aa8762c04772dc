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
	builds  []buildResult
}

// targets judges the results.
func (all *allResults) targets() []target {
	var ts []target
	for _, c := range all.creates {
		where := fmt.Sprintf("%s, %d at once", c.transport, c.atOnce)
		switch {
		case c.transport == inMemory && c.atOnce == 1:
			ts = append(ts,
				timed("a create by api.Client ÷ hand-written, "+where, 1.35, c.time(thisClient, handWritten)),
				timed("a create by api.Client ÷ bare generated, "+where, 1.15, c.time(thisClient, bareGenerated)),
				counted("allocations of a create by api.Client ÷ hand-written, "+where, 1.6, c.allocs(thisClient, handWritten)))
		case c.transport == http2 && c.atOnce == 1:
			ts = append(ts, timed("a create by api.Client ÷ hand-written, "+where, 1.10, c.time(thisClient, handWritten)))
		}
	}
	for _, c := range all.ensures {
		if !c.alike {
			continue
		}
		ts = append(ts, timed(fmt.Sprintf("%s ensured ÷ as many hand-written POSTs, %s", c.what, c.transport), 1.15, c.time(ensured, posted)))
	}
	for _, c := range all.lists {
		ts = append(ts, timed(fmt.Sprintf("a list of %s ÷ reading and decoding it, %s", c.what, c.transport), 1.3, c.time(listed, byHand)))
	}
	return append(ts, all.growth()...)
}

// growth judges how costs grow from 100 aliases or secrets to 10,000, and whether no
// more connections are opened than are used at a time.
func (all *allResults) growth() []target {
	each := func(results []scaleResult, i int) float64 { return results[i].allocs / float64(results[i].size) }
	some, many := 1, len(sizes)-1
	most := int64(0)
	for _, r := range all.ensure {
		most = max(most, r.connections)
	}
	return []target{
		counted(fmt.Sprintf("allocations for each alias ensured, of %d ÷ of %d", sizes[many], sizes[some]), 1.1, each(all.ensure, many)/each(all.ensure, some)),
		counted(fmt.Sprintf("allocations for each secret listed, of %d ÷ of %d", sizes[many], sizes[some]), 1.1, each(all.list, many)/each(all.list, some)),
		counted("connections opened to ensure any number of aliases, 8 at a time", parallel, float64(most)),
	}
}

func timed(measure string, bound float64, r ratio) target {
	return target{measure: measure, bound: bound, value: r.median, around: fmt.Sprintf("%.2f to %.2f", r.low, r.high)}
}

func counted(measure string, bound, value float64) target {
	return target{measure: measure, bound: bound, value: value, exact: true}
}
