// A token for each line of standard input; a number on the line asks so many times at once.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go"
	keyturn "github.com/keyturn/keyturn/examples/go"
)

func main() {
	ctx := context.Background()
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		panic(err)
	}
	tokens := &keyturn.TokenSource{
		Lambda:   lambda.NewFromConfig(settings),
		Function: os.Getenv("SIGN_FUNCTION"),
		Request:  os.Args[1],
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		times, _ := strconv.Atoi(lines.Text())
		fmt.Println(strings.Join(distinct(max(1, times), func() string {
			token, err := tokens.Get(ctx)
			if refused := smithy.APIError(nil); errors.As(err, &refused) {
				return "refused " + refused.ErrorCode() + ": " + refused.ErrorMessage()
			} else if err != nil {
				return "failed " + err.Error()
			}
			return token
		}), " "))
	}
}

func distinct(times int, get func() string) (answers []string) {
	var all sync.Map
	var group sync.WaitGroup
	for range times {
		group.Add(1)
		go func() {
			defer group.Done()
			all.Store(get(), true)
		}()
	}
	group.Wait()
	all.Range(func(answer, _ any) bool {
		answers = append(answers, answer.(string))
		return true
	})
	return answers
}
