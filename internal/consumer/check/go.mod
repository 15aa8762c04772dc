module github.com/qovery-alias/qovery-alias-go/internal/consumer/check

go 1.25.0

require golang.org/x/mod v0.38.0
