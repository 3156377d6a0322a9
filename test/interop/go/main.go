// One library: a line of JSON for each token, answered with a line. A verifier for each issuer, kept for good.
package main

import (
	"bufio"
	"encoding/json"
	"os"
)

type Settings struct{ Issuer, Audience, JwksURL, Algorithm string }
type Verify func(token string) error

var libraries = map[string]func(Settings) (Verify, error){
	"keyfunc": withKeyfunc, "go-jose": withGoJose, "go-oidc": withGoOidc,
}

func main() {
	start, verifiers := libraries[os.Args[1]], map[Settings]Verify{}
	answers := json.NewEncoder(os.Stdout)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var asked struct {
			Settings
			Token string
		}
		answer := map[string]string{}
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		verify, known := verifiers[asked.Settings]
		var err error
		if !known {
			if verify, err = start(asked.Settings); err == nil {
				verifiers[asked.Settings] = verify
			}
		}
		if err == nil {
			err = verify(asked.Token)
		}
		if err != nil {
			answer["error"] = err.Error()
		}
		answers.Encode(answer)
	}
}
