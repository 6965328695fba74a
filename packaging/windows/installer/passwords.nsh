; The program's passwords in Windows Credential Manager: `freesport_sync` or, if there are several, `NAME@freesport_sync`.

!define SERVICE "freesport_sync" ; the same as in freesport_sync/settings/secrets.py
!define GENERIC 1

Function un.ForgetPasswords
  System::Call 'advapi32::CredDeleteW(w "${SERVICE}", i ${GENERIC}, i 0)'
  System::Call 'advapi32::CredEnumerateW(p 0, i 0, *i .R1, *p .R2) i .R3'
  ${If} $R3 = 0
    Return
  ${EndIf}
  StrCpy $R3 $R2
  ${While} $R1 > 0
    System::Call '*$R3(p .R4)' ; the next credential
    System::Call '*$R4(i .R5, i .R6, p .R7)' ; its flags, type and target
    System::Call 'kernel32::lstrcpynW(w .R8, p R7, i ${NSIS_MAX_STRLEN})'
    StrLen $R9 "@${SERVICE}"
    StrCpy $R9 $R8 "" -$R9
    ${If} $R9 == "@${SERVICE}"
      System::Call 'advapi32::CredDeleteW(w R8, i R6, i 0)'
    ${EndIf}
    IntPtrOp $R3 $R3 + 8
    IntOp $R1 $R1 - 1
  ${EndWhile}
  System::Call 'advapi32::CredFree(p R2)'
FunctionEnd
