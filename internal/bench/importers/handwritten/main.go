// Command handwritten creates an alias with the standard library alone.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: handwritten <job id> <secret id> <key>")
	}
	body, err := json.Marshal(map[string]string{"key": os.Args[3]})
	if err != nil {
		log.Fatal(err)
	}
	url := "https://api.qovery.com/job/" + os.Args[1] + "/secret/" + os.Args[2] + "/alias"
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Authorization", "Token "+os.Getenv("QOVERY_API_TOKEN"))
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		log.Fatal(resp.Status)
	}
	var secret struct{ ID, Key string }
	if err := json.NewDecoder(resp.Body).Decode(&secret); err != nil {
		log.Fatal(err)
	}
	fmt.Println(secret.ID)
}
