// Command api creates an alias with the client of this repository.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: api <job id> <secret id> <key>")
	}
	job, secret := uuid.MustParse(os.Args[1]), uuid.MustParse(os.Args[2])
	client, err := api.NewClient(api.APIToken(os.Getenv("QOVERY_API_TOKEN")))
	if err != nil {
		log.Fatal(err)
	}
	alias, err := client.CreateJobSecretAlias(context.Background(), job, secret, api.AliasRequest{Key: os.Args[3]})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(alias.ID)
}
