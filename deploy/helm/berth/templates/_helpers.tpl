{{- define "berth.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "berth.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains (include "berth.name" .) .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "berth.name" .) | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "berth.selectorLabels" -}}
app.kubernetes.io/name: {{ include "berth.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "berth.labels" -}}
{{ include "berth.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "berth.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{- define "berth.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default (include "berth.fullname" .) }}
{{- else -}}
{{ .Values.serviceAccount.name | default "default" }}
{{- end }}
{{- end }}

{{- /* What the chart decides goes over what the values say. */ -}}
{{- define "berth.config" -}}
{{- $own := dict "listen" ":8080" "cache" (dict "dir" "/data") "admin" (dict "listen" ":8081") }}
{{- if .Values.tls.existingSecret }}
{{- $_ := set $own "tls" (dict "cert_file" "/run/secrets/berth-tls/tls.crt" "key_file" "/run/secrets/berth-tls/tls.key") }}
{{- end }}
{{- if .Values.admin.existingSecret }}
{{- $_ := set $own.admin "password_hash_file" (printf "/run/secrets/berth-admin/%s" .Values.admin.key) }}
{{- end }}
{{- with .Values.cluster.existingSecret }}
{{- $cluster := dict "listen" ":8082" "secret_file" (printf "/run/secrets/berth-cluster/%s" $.Values.cluster.key) }}
{{- if $.Values.cluster.urlKey }}
{{- $_ := set $cluster "url_file" (printf "/run/secrets/berth-cluster/%s" $.Values.cluster.urlKey) }}
{{- else }}
{{- $_ := set $cluster "url" $.Values.cluster.url }}
{{- end }}
{{- $_ := set $own "cluster" $cluster }}
{{- end }}
{{- if .Values.forward.enabled }}
{{- $_ := set $own "forward" (dict "listen" ":3128") }}
{{- end }}
{{- toYaml (mergeOverwrite (deepCopy .Values.config) $own) }}
{{- end }}

{{- /* Fails in words where what several pods need is missing. */ -}}
{{- define "berth.check" -}}
{{- $replicas := int .Values.replicas }}
{{- $cluster := .Values.cluster }}
{{- $admin := .Values.config.admin | default dict }}
{{- $address := or $cluster.url $cluster.urlKey }}
{{- if and (gt $replicas 1) (not $address) }}
{{- fail (printf "replicas: %d needs cluster.url: the Valkey or Redis by which the pods know of each other, such as redis://valkey:6379 (or cluster.urlKey, where the address has a password). Without it each would fetch everything for itself." $replicas) }}
{{- end }}
{{- if and $address (not $cluster.existingSecret) }}
{{- fail (printf "cluster.url needs cluster.existingSecret: a Secret whose key %q is what the pods sign with, 16 characters or more: kubectl create secret generic berth-cluster --from-literal=%s=$(openssl rand -hex 32)" $cluster.key $cluster.key) }}
{{- end }}
{{- if and $cluster.existingSecret (not $address) }}
{{- fail "cluster.existingSecret needs cluster.url or cluster.urlKey: the Valkey or Redis by which the pods know of each other." }}
{{- end }}
{{- if and $address (not (or .Values.admin.existingSecret $admin.password_hash $admin.password_hash_file (eq ($admin.auth | default "") "none"))) }}
{{- fail (printf "cluster.url needs admin.existingSecret: a Secret whose key %q is what `berth hash-password` printed. Otherwise each pod would make a password of its own." .Values.admin.key) }}
{{- end }}
{{- if and (gt $replicas 1) .Values.persistence.existingClaim }}
{{- fail (printf "replicas: %d and persistence.existingClaim do not go together: each pod has a volume of its own. Leave existingClaim empty, or set replicas: 1." $replicas) }}
{{- end }}
{{- end }}

{{- /* What points the nodes here: a name and labels of its own, since no service means its pods. */ -}}
{{- define "berth.nodes" -}}
{{ include "berth.fullname" . | trunc 57 | trimSuffix "-" }}-nodes
{{- end }}

{{- define "berth.nodesSelectorLabels" -}}
app.kubernetes.io/name: {{ include "berth.name" . | trunc 57 | trimSuffix "-" }}-nodes
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "berth.nodesImage" -}}
{{- $image := .Values.nodes.image }}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag }}
{{- end }}
{{- end }}

{{- define "berth.checkNodes" -}}
{{- $nodes := .Values.nodes }}
{{- if and .Values.tls.existingSecret (not $nodes.url) }}
{{- fail "nodes.enabled with tls.existingSecret needs nodes.url: the https address that the certificate is for and that the nodes can look up, such as https://berth.example.com." }}
{{- end }}
{{- if not (or $nodes.containerd.registries $nodes.crio.registries) }}
{{- fail "nodes.enabled needs nodes.containerd.registries or nodes.crio.registries: for which registries the nodes ask Berth." }}
{{- end }}
{{- end }}
