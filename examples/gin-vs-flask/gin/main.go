// Command gin is the example service in Gin. ../flask does the same work,
// answer for answer.
package main

import (
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"
)

// What a password costs to check, in both services. Both spend it in native
// code (Go's crypto here, OpenSSL there), so the frameworks make the difference.
const rounds = 1000

var (
	salt   = []byte("plimsoll")
	hashes = map[string]string{"t": passwordHash("secret"), "anna": passwordHash("hunter2")}
)

func passwordHash(password string) string {
	// It fails only for lengths that no caller can give.
	key, err := pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
	if err != nil {
		panic(err)
	}
	return hex.EncodeToString(key)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := serve(ctx, port()); err != nil {
		log.Fatal(err)
	}
}

func port() string {
	if p := os.Getenv("PORT"); p != "" {
		return p
	}
	return "8080"
}

// serve answers until the context ends, then lets the open requests finish.
func serve(ctx context.Context, port string) error {
	server := &http.Server{Addr: ":" + port, Handler: routes()}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return err
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func routes() http.Handler {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Use(gin.Recovery())
	router.HandleMethodNotAllowed = true
	router.GET("/health", health)
	router.GET("/user/:id", user)
	router.POST("/login", login)
	router.NoRoute(func(c *gin.Context) { c.JSON(http.StatusNotFound, gin.H{"error": "not found"}) })
	router.NoMethod(func(c *gin.Context) { c.JSON(http.StatusMethodNotAllowed, gin.H{"error": "method not allowed"}) })
	return router
}

func health(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"status": "ok"}) }

func user(c *gin.Context) {
	text := c.Param("id")
	id, err := strconv.ParseUint(text, 10, 64)
	if err != nil || len(text) > 9 {
		c.JSON(http.StatusBadRequest, gin.H{"error": "the id of a user is a number"})
		return
	}
	tag := sha256.Sum256([]byte(text))
	c.JSON(http.StatusOK, gin.H{"id": id, "name": "user-" + strconv.FormatUint(id, 10), "tag": hex.EncodeToString(tag[:])})
}

func login(c *gin.Context) {
	var body struct {
		User     *string `json:"user" binding:"required"`
		Password *string `json:"password" binding:"required"`
	}
	if err := c.ShouldBindJSON(&body); err != nil {
		c.JSON(http.StatusBadRequest, gin.H{"error": "expected a JSON object with user and password"})
		return
	}
	hashed := passwordHash(*body.Password)
	if subtle.ConstantTimeCompare([]byte(hashed), []byte(hashes[*body.User])) != 1 {
		c.JSON(http.StatusUnauthorized, gin.H{"error": "unknown user or wrong password"})
		return
	}
	token := sha256.Sum256([]byte(*body.User + hashed))
	c.JSON(http.StatusOK, gin.H{"token": hex.EncodeToString(token[:]), "user": *body.User})
}
