// The configurations of docs/verifiers/envoy.md and istio.md, on the standard input, against the types that Envoy and Istio
// publish: what they do not know, or would not take, is an error.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	jwt "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/jwt_authn/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	security "istio.io/api/security/v1"
	"sigs.k8s.io/yaml"
)

type document struct {
	// Of Envoy's connection manager.
	HTTPFilters []struct {
		Name        string          `json:"name"`
		TypedConfig json.RawMessage `json:"typed_config"`
	} `json:"http_filters"`
	// Of Kubernetes.
	APIVersion string          `json:"apiVersion"`
	Kind       string          `json:"kind"`
	Metadata   map[string]any  `json:"metadata"`
	Spec       json.RawMessage `json:"spec"`
}

func main() {
	text, err := io.ReadAll(os.Stdin)
	for _, part := range strings.Split(string(text), "\n---\n") {
		if err == nil {
			err = check([]byte(part))
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(text []byte) error {
	var given document
	if err := yaml.UnmarshalStrict(text, &given); err != nil {
		return err
	}
	for _, filter := range given.HTTPFilters {
		var packed anypb.Any
		if err := protojson.Unmarshal(filter.TypedConfig, &packed); err != nil {
			return err
		}
		var config jwt.JwtAuthentication
		if err := packed.UnmarshalTo(&config); err != nil {
			return err
		}
		if err := config.ValidateAll(); err != nil {
			return err
		}
		fmt.Println(filter.Name)
	}
	if given.HTTPFilters != nil {
		return nil
	}
	kinds := map[string]proto.Message{
		"RequestAuthentication": &security.RequestAuthentication{},
		"AuthorizationPolicy":   &security.AuthorizationPolicy{},
	}
	kind, ok := kinds[given.Kind]
	if !ok || given.APIVersion != "security.istio.io/v1" {
		return fmt.Errorf("there is no kind %q of %q", given.Kind, given.APIVersion)
	}
	fmt.Println(given.Kind)
	return protojson.Unmarshal(given.Spec, kind)
}
