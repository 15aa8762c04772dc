# Renews the figures in RESULTS.md, the second file, from the output of the benchmarks, the first: the third
# column of a measure below, and the times of the clients where the first column names a benchmark. A ratio is
# taken within each round, in which what is compared runs within seconds; of the ratios, the median counts.

FNR == NR {
	if (!sub(/^Benchmark/, "")) next
	sub(/-[0-9]+$/, "", $1)
	rounds[$1]++
	for (i = 3; i < NF; i += 2) value[$1, $(i + 1), rounds[$1]] = $i
	next
}

FNR == 1 {
	api = "/client=api"
	hand = "/client=handwritten"
	row = "Create/over=http2/atonce=1"
	compare("create ÷ hand-written, HTTP/2: time", "ns/op", row api, row hand, 1)
	compare("create ÷ ogen, HTTP/2: time", "ns/op", row api, row "/client=ogen", 1)
	row = "Create/over=memory/atonce=1"
	compare("create ÷ hand-written, in memory: time", "ns/op", row api, row hand, 1)
	compare("create ÷ hand-written, in memory: allocations", "allocs/op", row api, row hand, 1)
	row = "Ensure/among=1/n=1000"
	compare("1,000 ensured ÷ 1,000 POSTs by hand, HTTP/2: time", "ns/op", row api, row hand, 1)
	row = "List/n=10000"
	compare("list of 10,000 ÷ by hand, HTTP/2: time", "ns/op", row api, row hand, 1)
	compare("list of 10,000 ÷ by hand, HTTP/2: peak memory", "peak-B", row api, row hand, 1)
	compare("list of 10,000 ÷ 10 × 1,000: time", "ns/op", row api, "List/n=1000" api, 10)
	row = "Ensure/among=n/n=10000"
	compare("10,000 ensured, of one among as many secrets, ÷ 10 × 1,000: time", "ns/op", row api, "Ensure/among=n/n=1000" api, 10)
	row = "1,000 aliases through 200 requests a second ÷ ideal 5 s: "
	compare(row "429", "ns/op", "Limit/status=429" api, "", 5e9)
	compare(row "503", "ns/op", "Limit/status=503" api, "", 5e9)
}

# compare stores the median of the ratios of a benchmark to another, or to 1, and to a factor, and between
# what half of them lie.
function compare(measure, unit, name, base, factor,    i, n, low, high) {
	n = rounds[name]
	for (i = 1; i <= n; i++) sample[i] = value[name, unit, i] / (base ? value[base, unit, i] : 1) / factor
	median[measure] = sprintf("%.2f", middle(n))
	low = sprintf("%.2f", sample[int((n + 3) / 4)])
	high = sprintf("%.2f", sample[n + 1 - int((n + 3) / 4)])
	range[measure] = low == high ? "" : " (" low " to " high ")"
}

# middle sorts n samples and returns their median.
function middle(n,    i, k, x) {
	for (i = 2; i <= n; i++) {
		x = sample[i]
		for (k = i - 1; k > 0 && sample[k] > x; k--) sample[k + 1] = sample[k]
		sample[k + 1] = x
	}
	return (sample[int((n + 1) / 2)] + sample[int(n / 2) + 1]) / 2
}

/^Measured/ { print "Measured on " run "."; next }

{ split($0, cell, / *\| */) }

cell[2] in median {
	bound = substr(cell[3], length("≤ ") + 1)
	verdict = median[cell[2]] + 0 > bound + 0 ? ", not met" : ""
	print "| " cell[2] " | " cell[3] " | " median[cell[2]] range[cell[2]] verdict " | " cell[5] " |"
	next
}

/^\| Create/ {
	printf "| %s |", cell[2]
	for (c = 1; c <= split("handwritten generated ogen api", client, " "); c++) {
		name = cell[2] "/client=" client[c]
		for (i = 1; i <= rounds[name]; i++) sample[i] = value[name, "ns/op", i]
		printf " %.1f µs |", middle(rounds[name]) / 1000
	}
	print ""
	next
}

{ print }
