// Client and server on the Go SDK: interop client TARGET PLAN; interop stdio; interop http|stateless PORT.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/exec"
	"sort"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type echoArgs struct {
	Text string `json:"text"`
}

type none struct{}

func says(text string) *mcp.CallToolResult {
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}}
}

func newServer() *mcp.Server {
	server := mcp.NewServer(&mcp.Implementation{Name: "go", Version: "1"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "echo"}, func(_ context.Context, _ *mcp.CallToolRequest, args echoArgs) (*mcp.CallToolResult, any, error) {
		return says(args.Text), nil, nil
	})
	mcp.AddTool(server, &mcp.Tool{Name: "fail"}, func(context.Context, *mcp.CallToolRequest, none) (*mcp.CallToolResult, any, error) {
		return nil, nil, errors.New("it fails")
	})
	mcp.AddTool(server, &mcp.Tool{Name: "ask"}, func(ctx context.Context, request *mcp.CallToolRequest, _ none) (*mcp.CallToolResult, any, error) {
		if err := request.Session.Ping(ctx, nil); err != nil {
			return says("no answer"), nil, nil
		}
		return says("answered"), nil, nil
	})
	return server
}

func serve(kind, port string) {
	if kind == "stdio" {
		if err := newServer().Run(context.Background(), &mcp.StdioTransport{}); err != nil {
			log.Fatal(err)
		}
		return
	}
	one := newServer()
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return one }, &mcp.StreamableHTTPOptions{Stateless: kind == "stateless"})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+port, handler))
}

func step(ctx context.Context, session *mcp.ClientSession, name any, args any) any {
	var wire *jsonrpc.Error
	refused := func(err error) any {
		if errors.As(err, &wire) {
			return map[string]any{"refused": wire.Code}
		}
		return map[string]any{"refused": "error"}
	}
	if name == nil {
		listed, err := session.ListTools(ctx, nil)
		if err != nil {
			return refused(err)
		}
		names := []string{}
		for _, tool := range listed.Tools {
			names = append(names, tool.Name)
		}
		sort.Strings(names)
		return names
	}
	result, err := session.CallTool(ctx, &mcp.CallToolParams{Name: name.(string), Arguments: args})
	if err != nil {
		return refused(err)
	}
	text := ""
	for _, content := range result.Content {
		if block, ok := content.(*mcp.TextContent); ok {
			text += block.Text
		}
	}
	return map[string]any{"text": text, "isError": result.IsError}
}

func main() {
	if os.Args[1] != "client" {
		port := ""
		if len(os.Args) > 2 {
			port = os.Args[2]
		}
		serve(os.Args[1], port)
		return
	}
	var target struct {
		URL     string   `json:"url"`
		Command []string `json:"command"`
	}
	var plan [][2]any
	if err := errors.Join(json.Unmarshal([]byte(os.Args[2]), &target), json.Unmarshal([]byte(os.Args[3]), &plan)); err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	var transport mcp.Transport = &mcp.StreamableClientTransport{Endpoint: target.URL}
	if target.URL == "" {
		transport = &mcp.CommandTransport{Command: exec.Command(target.Command[0], target.Command[1:]...)}
	}
	session, err := mcp.NewClient(&mcp.Implementation{Name: "go", Version: "1"}, nil).Connect(ctx, transport, nil)
	if err != nil {
		log.Fatal(err)
	}
	outcomes := []any{}
	for _, one := range plan {
		outcomes = append(outcomes, step(ctx, session, one[0], one[1]))
	}
	printed, _ := json.Marshal(outcomes)
	fmt.Println(string(printed))
	_ = session.Close()
}
