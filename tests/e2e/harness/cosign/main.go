// What `cosign generate-key-pair` and `cosign sign --key` do, by cosign's own packages: the whole command
// links clouds, clusters and policy engines, and takes minutes to build. Its flags are cosign's.
package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/sigstore/cosign/v3/pkg/cosign"
	"github.com/sigstore/cosign/v3/pkg/cosign/bundle"
	"github.com/sigstore/cosign/v3/pkg/oci/mutate"
	"github.com/sigstore/cosign/v3/pkg/oci/remote"
	"github.com/sigstore/cosign/v3/pkg/oci/static"
	"github.com/sigstore/cosign/v3/pkg/types"
	common "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/sign"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/sigstore/sigstore/pkg/signature/payload"
)

func main() {
	command, arguments := "", os.Args[1:]
	if len(arguments) > 0 {
		command, arguments = arguments[0], arguments[1:]
	}
	flags := flag.NewFlagSet(command, flag.ExitOnError)
	prefix := flags.String("output-key-prefix", "cosign", "")
	key := flags.String("key", "", "")
	bundled := flags.Bool("new-bundle-format", true, "")
	// What is signed here is told to no log.
	for _, ignored := range []string{"allow-http-registry", "use-signing-config", "tlog-upload", "yes"} {
		flags.Bool(ignored, false, "")
	}
	flags.Parse(arguments)
	err := fmt.Errorf("unknown command %q", command)
	switch command {
	case "generate-key-pair":
		err = generate(*prefix)
	case "sign":
		err = signImage(*key, flags.Arg(0), *bundled)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

func password(bool) ([]byte, error) { return []byte(os.Getenv("COSIGN_PASSWORD")), nil }

func generate(prefix string) error {
	keys, err := cosign.GenerateKeyPair(password)
	if err != nil {
		return err
	}
	if err := os.WriteFile(prefix+".key", keys.PrivateBytes, 0600); err != nil {
		return err
	}
	return os.WriteFile(prefix+".pub", keys.PublicBytes, 0644)
}

func signImage(key, image string, bundled bool) error {
	digest, err := name.NewDigest(image, name.Insecure)
	if err != nil {
		return err
	}
	private, err := os.ReadFile(key)
	if err != nil {
		return err
	}
	pass, _ := password(false)
	signer, err := cosign.LoadPrivateKey(private, pass, nil)
	if err != nil {
		return err
	}
	if bundled {
		return signBundle(signer, digest)
	}
	claim, err := (&payload.Cosign{Image: digest}).MarshalJSON()
	if err != nil {
		return err
	}
	raw, err := signer.SignMessage(bytes.NewReader(claim))
	if err != nil {
		return err
	}
	layer, err := static.NewSignature(claim, base64.StdEncoding.EncodeToString(raw))
	if err != nil {
		return err
	}
	entity, err := remote.SignedEntity(digest)
	if err != nil {
		return err
	}
	signed, err := mutate.AttachSignatureToEntity(entity, layer)
	if err != nil {
		return err
	}
	return remote.WriteSignatures(digest.Repository, signed)
}

func signBundle(signer signature.SignerVerifier, digest name.Digest) error {
	algorithm, hex, _ := strings.Cut(digest.DigestStr(), ":")
	statement := fmt.Sprintf(
		`{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{%q:%q}}],"predicateType":%q,"predicate":{}}`,
		algorithm, hex, types.CosignSignPredicateType,
	)
	content := &sign.DSSEData{Data: []byte(statement), PayloadType: "application/vnd.in-toto+json"}
	config := &root.SigningConfig{}
	made, err := bundle.SignData(
		context.Background(), content, &keypair{signer}, "", nil, nil, config, nil, bundle.SignOptions{},
	)
	if err != nil {
		return err
	}
	return remote.WriteAttestationNewBundleFormat(
		digest, made, types.CosignSignPredicateType, remote.WithNameOptions(name.Insecure),
	)
}

// A key of cosign's, which is ECDSA on P-256, as sigstore-go takes it.
type keypair struct{ signer signature.SignerVerifier }

func (k *keypair) GetHashAlgorithm() common.HashAlgorithm { return common.HashAlgorithm_SHA2_256 }

func (k *keypair) GetSigningAlgorithm() common.PublicKeyDetails {
	return common.PublicKeyDetails_PKIX_ECDSA_P256_SHA_256
}

func (k *keypair) GetHint() []byte { return nil }

func (k *keypair) GetKeyAlgorithm() string { return "ECDSA" }

func (k *keypair) GetPublicKey() crypto.PublicKey {
	public, _ := k.signer.PublicKey()
	return public
}

func (k *keypair) GetPublicKeyPem() (string, error) {
	pem, err := cryptoutils.MarshalPublicKeyToPEM(k.GetPublicKey())
	return string(pem), err
}

func (k *keypair) SignData(_ context.Context, data []byte) ([]byte, []byte, error) {
	hash := sha256.Sum256(data)
	raw, err := k.signer.SignMessage(bytes.NewReader(data))
	return raw, hash[:], err
}
