// Command generated creates an alias with the bare generated client.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: generated <job id> <secret id> <key>")
	}
	job, secret := uuid.MustParse(os.Args[1]), uuid.MustParse(os.Args[2])
	sign := func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "Token "+os.Getenv("QOVERY_API_TOKEN"))
		return nil
	}
	client, err := generated.NewClientWithResponses(generated.ServerURLQovery, generated.WithRequestEditorFn(sign))
	if err != nil {
		log.Fatal(err)
	}
	resp, err := client.CreateJobSecretAliasWithResponse(context.Background(), job, secret, generated.SecretAliasRequest{Key: os.Args[3]})
	if err != nil {
		log.Fatal(err)
	}
	if resp.JSON201 == nil {
		log.Fatal(resp.Status())
	}
	fmt.Println(resp.JSON201.ID)
}
