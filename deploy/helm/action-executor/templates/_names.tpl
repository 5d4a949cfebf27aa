{{- define "action-executor.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "action-executor.selector" -}}
app.kubernetes.io/name: action-executor
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "action-executor.labels" -}}
{{ include "action-executor.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (replace "+" "_" .Chart.Version) }}
{{- end -}}

{{/* A name that Kubernetes takes, for the directory of a service; two directories never have the same. */}}
{{- define "action-executor.service" -}}
{{- $name := lower . | replace "_" "-" -}}
{{- if or (ne $name .) (gt (len $name) 40) -}}
{{- printf "%s-%s" ($name | trunc 40 | trimSuffix "-") (sha256sum . | trunc 8) -}}
{{- else -}}
{{- $name -}}
{{- end -}}
{{- end -}}

{{/* The seconds of a duration such as `90s` or `1m 30s`, rounded up. */}}
{{- define "action-executor.seconds" -}}
{{- $seconds := 0 -}}
{{- range regexFindAll "[0-9]+ ?(ms|s|m|h)" (toString .) -1 -}}
{{- $number := regexFind "[0-9]+" . | int -}}
{{- if hasSuffix "ms" . -}}
{{- $seconds = add $seconds (div (add $number 999) 1000) -}}
{{- else if hasSuffix "h" . -}}
{{- $seconds = add $seconds (mul $number 3600) -}}
{{- else if hasSuffix "m" . -}}
{{- $seconds = add $seconds (mul $number 60) -}}
{{- else -}}
{{- $seconds = add $seconds $number -}}
{{- end -}}
{{- end -}}
{{- $seconds -}}
{{- end -}}

{{/* The settings file: what the values say, and what the chart knows. */}}
{{- define "action-executor.settings" -}}
{{- $own := dict "listen" "0.0.0.0:8080" "admin" "0.0.0.0:8081" "actions" "/etc/action-executor/actions.d" "admin_token" "file:/run/secrets/action-executor/admin/admin-token" -}}
{{- if .Values.state.existingSecret -}}
{{- $_ := set $own "state" "file:/run/secrets/action-executor/state/address" -}}
{{- $_ := set $own "state_key" "file:/run/secrets/action-executor/state/key" -}}
{{- end -}}
{{- if .Values.tls.existingSecret -}}
{{- $_ := set $own "tls" (dict "certificate" "/run/secrets/action-executor/tls/tls.crt" "key" "/run/secrets/action-executor/tls/tls.key") -}}
{{- end -}}
{{- toYaml (merge $own (deepCopy .Values.settings)) -}}
{{- end -}}
